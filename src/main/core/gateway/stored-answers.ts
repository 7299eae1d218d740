import type { Admission, Call, CallService, HttpTarget, Outcome } from '#proxy/call.ts';
import { unfinishedStatuses } from '#shared/dialects/openai-responses.ts';
import { priceAt } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import { zeroUsd } from '#shared/money.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import { targetFor } from '../providers/target.ts';
import type { StoredAnswer } from '../store/records.ts';
import type { FetchedAnswer } from '../store/requests/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import { laneHeaders } from './destination.ts';
import { ownWay, type RoutePlanFacts } from './plan-route.ts';

export interface StoredAnswersDeps extends Pick<RoutePlanFacts, 'providers' | 'placePrices'> {
  keys: Pick<LocalKeyRing, 'current'>;
  requests: Pick<RequestStore, 'answer' | 'fetched'>;
}

/**
 * The same service, with what belongs to answers of Responses that their provider keeps: they are fetched, cancelled
 * and deleted, and their input is listed. Such a call has no row, so its bodies are not kept either.
 */
export function withStoredAnswers(
  calls: CallService<LocalKeyCaller>,
  deps: StoredAnswersDeps,
): CallService<LocalKeyCaller> {
  return {
    ...calls,
    admit: (call, caller, ...ways) =>
      call.facts.storedAnswer === undefined
        ? calls.admit(call, caller, ...ways)
        : admit(deps, call, call.facts.storedAnswer, caller),
    watch(call, response) {
      if (call.facts.storedAnswer === undefined) calls.watch?.(call, response);
    },
  };
}

/**
 * It costs nothing; the first call that shows what an answer in the background used completes the row of the request
 * that began it. Throws `not_found`, `dialect_not_supported`, `secret_unreadable`.
 */
async function admit(deps: StoredAnswersDeps, call: Call, id: string, found: LocalKeyCaller): Promise<Admission> {
  const caller = deps.keys.current(found);
  const answer = await deps.requests.answer(caller.id, id);
  if (!answer) throw unknownAnswer(id);
  return {
    targets: [await targetOf(deps, call, answer)],
    replyHeaders: laneHeaders(answer),
    // A stream ends once the key that fetches it is revoked or has expired.
    cover() {
      deps.keys.current(caller);
      return true;
    },
    async settle(outcome) {
      const fetched = answer.isCounted ? null : fetchedAnswer(deps, answer, outcome);
      if (fetched) deps.requests.fetched(fetched);
      return { costNanoUsd: null, balanceNanoUsd: null };
    },
  };
}

/** Such ids are made where an answer is translated. */
const ownId = /^resp_req_/;

/** What another tool began is nothing to this one. */
function unknownAnswer(answerId: string): CorvusError {
  const reason = ownId.test(answerId)
    ? 'It was translated from another dialect, whose answers are stored nowhere.'
    : 'Only the key that began an answer reaches it, as long as its request is kept here.';
  return new CorvusError('not_found', `Response with id '${answerId}' not found. ${reason}`, { param: 'response_id' });
}

/** The provider that answered, with the key that it was asked with. */
async function targetOf(
  { providers }: Pick<StoredAnswersDeps, 'providers'>,
  call: Call,
  answer: StoredAnswer,
): Promise<HttpTarget> {
  if (answer.lane === 'prepaid')
    throw new CorvusError(
      'dialect_not_supported',
      'Answers on prepaid credit are not kept: the upstream account is shared. Use your own provider key.',
    );
  const provider = providers.current().find(({ id }) => id === answer.provider);
  if (!provider)
    throw new CorvusError('not_found', `The provider "${answer.provider}", which has this answer, was removed here.`);
  const [credentials, proxy] = await Promise.all([providers.credentials(provider), providers.proxy(provider)]);
  // It had one key only, or lost this one: another of the same owner may reach the answer as well.
  const credential = credentials.find(({ name }) => `${provider.id}/${name}` === answer.target) ?? credentials[0];
  return { ...targetFor(provider, credential?.secret ?? null, call, call.dialect, answer.model), ...ownWay(proxy) };
}

/** What an answer used, once that is said; at today's price, like any request whose usage is known today. */
function fetchedAnswer(
  { placePrices }: Pick<StoredAnswersDeps, 'placePrices'>,
  { requestId: id, lane, provider, model }: StoredAnswer,
  outcome: Outcome,
): FetchedAnswer | null {
  const { status, modelServed, finishReason } = outcome;
  const usage = status === 'completed' ? usageIn(outcome) : null;
  if (usage === null || finishReason === null || unfinishedStatuses.has(finishReason)) return null;
  const found = placePrices.at(provider, model);
  const price = found && priceAt(found.price, false);
  const priced = price && priceUsage(usage, price);
  return {
    id,
    modelServed,
    finishReason,
    usage,
    unitPrices: priced?.unitPrices ?? null,
    catalogueVersion: priced ? found.origin.version : null,
    meteredCostNanoUsd: lane === 'local' ? zeroUsd : (priced?.costNanoUsd ?? null),
  };
}

/** As its provider counted it. An answer that failed without a count is not charged. */
function usageIn({ usage, usageSource, finishReason }: Outcome): Usage | null {
  if (usage === null && finishReason === 'failed') return makeUsage({});
  return usageSource === 'provider' ? usage : null;
}
