import {
  matchFilterSchema,
  type RequestFilter,
  requestFilterSchema,
  statusFilterSchema,
} from '#shared/contract/requests.ts';
import { usageFilterSchema } from '#shared/contract/usage.ts';
import { envelopeIdSchema } from '#shared/ids.ts';
import { filterNames as names } from './requests-address.ts';

/** Reads a filter out of an address; whatever is not valid is left out. */
export function readFilter(parameters: URLSearchParams): RequestFilter {
  const text = (name: string) => parameters.get(name)?.slice(0, 200) ?? null;
  return {
    lane: usageFilterSchema.shape.lane.safeParse(parameters.get(names.lane)).data ?? null,
    status: statusFilterSchema.safeParse(parameters.get(names.status)).data ?? null,
    localKeyId: usageFilterSchema.shape.localKeyId.safeParse(parameters.get(names.localKeyId)).data ?? null,
    match: matchFilterSchema.safeParse(parameters.get(names.match)).data ?? null,
    model: parameters.get(names.model)?.slice(0, 512) ?? null,
    provider: text(names.provider),
    tool: text(names.tool),
    project: text(names.project),
    session: text(names.session),
    agent: text(names.agent),
    cost: requestFilterSchema.shape.cost.safeParse(parameters.get(names.cost)).data ?? null,
    envelopeId: envelopeIdSchema.safeParse(parameters.get(names.envelopeId)).data ?? null,
    tag: text(names.tag) || null,
    search: text(names.search) || null,
    fromMs: readTime(parameters.get('from')),
    toMs: readTime(parameters.get('to')),
  };
}

function readTime(text: string | null): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? null : ms;
}
