import type { SizedCall } from '../envelopes/size-call.ts';
import { readMember } from '#proxy/body/check-members.ts';
import { memberNames } from '#proxy/body/member-names.ts';
import { scanJsonInTurns } from '#proxy/body/scan-json.ts';
import { readFactsInTurns } from '#proxy/request/read-call.ts';
import { type EstimatedDialect, estimatedDialectSchema } from '#shared/contract/estimates.ts';
import { endpointPaths } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';

/** A request that is only estimated, read as the same request would be that is sent. */
export interface EstimatedCall extends SizedCall {
  dialect: EstimatedDialect;
}

const shapeMembers = memberNames(['dialect', 'model', 'messages', 'input', 'contents', 'prompt', 'system']);
const advice = `Send the body of a call, with a "dialect" of ${estimatedDialectSchema.options.join(', ')} if it is not recognised.`;

/**
 * Reads the body of a call whose path is not known: its `dialect` member names the dialect, else its shape does. Throws
 * like `readFacts`.
 * @param given the dialect, where the caller says it beside the body
 */
export async function readEstimated(
  body: Buffer,
  given: EstimatedDialect | null,
  prices: PriceBook,
): Promise<EstimatedCall> {
  const { members } = await scanJsonInTurns(body, shapeMembers);
  const read = (name: string): unknown => {
    const span = members.get(name);
    return span && readMember(body, name, span);
  };
  const named = members.has('dialect') ? estimatedDialectSchema.safeParse(read('dialect')) : null;
  if (named && !named.success) throw new CorvusError('bad_request', advice, { param: 'dialect' });
  const model = read('model');
  const priced = typeof model === 'string' ? prices.find(model) : null;
  const dialect = named?.data ?? given ?? dialectOf(members, priced);
  if (!dialect) throw new CorvusError('bad_request', advice, { param: 'dialect' });
  // Gemini's bodies do not name the model, its paths do.
  const said = dialect === 'gemini' && typeof model === 'string' ? { model, stream: false } : undefined;
  return {
    endpoint: endpointPaths[dialect],
    dialect,
    body,
    facts: await readFactsInTurns(dialect, body, said),
  };
}

/** Messages and chat completions may look alike: then the dialect that the model has decides. */
function dialectOf(
  members: Pick<ReadonlyMap<string, unknown>, 'has'>,
  priced: { mode: 'chat' | 'embedding'; dialects: readonly string[] } | null,
): EstimatedDialect | null {
  if (members.has('contents')) return 'gemini';
  if (members.has('messages')) {
    const hasOnlyMessages = priced?.dialects.every((dialect) => dialect === 'anthropic-messages') ?? false;
    return members.has('system') || hasOnlyMessages ? 'anthropic-messages' : 'openai-chat';
  }
  if (members.has('input')) return priced?.mode === 'embedding' ? 'openai-embeddings' : 'openai-responses';
  return members.has('prompt') ? 'openai-completions' : null;
}
