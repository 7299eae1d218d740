import { matchFilterSchema, noFilter, type RequestFilter, statusFilterSchema } from '#shared/contract/requests.ts';
import { usageFilterSchema } from '#shared/contract/usage.ts';
import { envelopeIdSchema, type RequestId } from '#shared/ids.ts';

/** The name of each member in an address. A member that is there and empty asks for requests that have no value. */
const names = {
  lane: 'lane',
  status: 'status',
  model: 'model',
  provider: 'provider',
  localKeyId: 'key',
  tool: 'tool',
  project: 'project',
  session: 'session',
  agent: 'agent',
  cost: 'cost',
  envelopeId: 'envelope',
  match: 'charge',
  tag: 'tag',
  search: 'search',
} as const satisfies Partial<Record<keyof RequestFilter, string>>;

/** The address of the requests that a filter lets through: every count and sum of requests leads to such a list. */
export function requestsAddress(filter: Partial<RequestFilter>, id: RequestId | null = null): string {
  const parameters = writeFilter({ ...noFilter, ...filter });
  if (id !== null) parameters.set('id', id);
  const text = parameters.toString();
  return text === '' ? '/requests' : `/requests?${text}`;
}

function writeFilter(filter: RequestFilter): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [member, name] of Object.entries(names)) {
    const value = filter[member as keyof typeof names];
    if (value !== null) parameters.set(name, value);
  }
  if (filter.fromMs !== null) parameters.set('from', new Date(filter.fromMs).toISOString());
  if (filter.toMs !== null) parameters.set('to', new Date(filter.toMs).toISOString());
  return parameters;
}

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
    cost: parameters.get(names.cost) === 'unknown' ? 'unknown' : null,
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

export function isFiltered(filter: RequestFilter): boolean {
  return writeFilter(filter).size > 0;
}
