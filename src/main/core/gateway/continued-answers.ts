import type { Call } from '#proxy/call.ts';
import { memberNames } from '#proxy/body/member-names.ts';
import { scanJsonInTurns } from '#proxy/body/scan-json.ts';
import { asText, parseJson } from '#shared/dialects/json-value.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { RequestStore } from '../store/store.ts';
import type { Destination, RoutePlan } from './destination.ts';
import type { RoutePlanFacts } from './plan-route.ts';
import { keyOf } from './stored-answers.ts';

export interface ContinuedAnswersDeps extends Pick<RoutePlanFacts, 'providers'> {
  requests: Pick<RequestStore, 'answer'>;
}

/**
 * The plan of a call that goes on with a stored answer: only the provider and the key that made it know it, so no other
 * is asked. Where the plan leads to neither, or the answer is not known here, it stays as it is.
 */
export async function followAnswer(
  { providers, requests }: ContinuedAnswersDeps,
  call: Call,
  caller: LocalKeyCaller,
  plan: RoutePlan,
): Promise<RoutePlan> {
  const places = [plan.first, ...plan.others];
  if (places.length === 1) return plan;
  const id = await continuedAnswer(call);
  const answer = id === null ? null : await requests.answer(caller.id, id);
  const provider = answer && providers.current().find((known) => known.id === answer.provider);
  if (!provider) return plan;
  const credentials = await providers.credentials(provider);
  const key = credentials.length > 1 ? keyOf(credentials, answer) : undefined;
  const name = key ? `${provider.id}/${key.name}` : provider.id;
  const isThere = ({ target }: Destination): boolean => target.kind === 'http' && target.name === name;
  const [first, ...others] = places.filter(isThere);
  return first ? { ...plan, first, others } : plan;
}

const continuing = 'previous_response_id';
const wanted = memberNames([continuing]);

/** Few calls continue one, so the others are not scanned once more. */
async function continuedAnswer({ dialect, body }: Call): Promise<string | null> {
  if (dialect !== 'openai-responses' || !body.includes(`"${continuing}"`)) return null;
  const { members } = await scanJsonInTurns(body, wanted);
  const span = members.get(continuing);
  return span ? asText(parseJson(body.toString('utf8', span.start, span.end))) : null;
}
