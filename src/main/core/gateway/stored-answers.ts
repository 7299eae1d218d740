import type { Admission, Call, CallService, HttpTarget, Outcome } from '#proxy/call.ts';
import { unfinishedStatuses } from '#shared/dialects/openai-responses.ts';
import { priceAt } from '#shared/domain/model-price.ts';
import { firstKeyName } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import { zeroUsd } from '#shared/money.ts';
import type { Entry, KeyLimits } from '../keys/key-limits.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import type { ProviderCredential } from '../providers/providers-service.ts';
import { targetFor } from '../providers/target.ts';
import type { StoredAnswer } from '../store/records.ts';
import type { FetchedAnswer } from '../store/requests/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import { laneHeaders } from './destination.ts';
import type { RefusalNotes } from './gateway-service.ts';
import { ownWay, type RoutePlanFacts } from './plan-route.ts';

export interface StoredAnswersDeps extends Pick<RoutePlanFacts, 'providers' | 'placePrices'> {
  keys: Pick<LocalKeyRing, 'current'>;
  limits: KeyLimits;
  requests: Pick<RequestStore, 'answer' | 'fetched'>;
  refusals: RefusalNotes;
}

/**
 * The same service, with what belongs to answers of Responses that their provider keeps: they are fetched, cancelled
 * and deleted, and their input is listed. Such a call has no row, so its bodies are not kept either; one that is refused
 * is only counted: a tool may ask for a lost answer each second.
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
    refused(refusal, caller) {
      if (refusal.facts?.storedAnswer === undefined) calls.refused?.(refusal, caller);
      else deps.refusals.note(refusal);
    },
  };
}

/** Throws `not_found`, `rate_limit_exceeded`, `secret_unreadable`. */
async function admit(deps: StoredAnswersDeps, call: Call, id: string, found: LocalKeyCaller): Promise<Admission> {
  const caller = deps.keys.current(found);
  const entry = deps.limits.enter(call, caller);
  try {
    const answer = await deps.requests.answer(caller.id, id);
    if (!answer) throw unknownAnswer(id);
    return admissionOf(deps, caller, answer, { entry, target: await targetOf(deps, call, answer) });
  } catch (error) {
    entry.leave(null);
    throw error;
  }
}

/**
 * It costs nothing; the first call that shows what an answer in the background used completes the row of the request
 * that began it.
 */
function admissionOf(
  deps: StoredAnswersDeps,
  caller: LocalKeyCaller,
  answer: StoredAnswer,
  { entry, target }: { entry: Entry; target: HttpTarget },
): Admission {
  return {
    targets: [target],
    readsWhole: !answer.isCounted,
    replyHeaders: laneHeaders(answer),
    // A stream ends once the key that fetches it is revoked or has expired.
    cover() {
      deps.keys.current(caller);
      return true;
    },
    async settle(outcome) {
      entry.leave(null);
      const fetched = answer.isCounted ? null : fetchedAnswer(deps, answer, outcome);
      if (fetched) deps.requests.fetched(fetched);
      return { costNanoUsd: null, balanceNanoUsd: null };
    },
  };
}

/** Ids of translated answers and of built-in models have this form. */
const ownId = /^resp_req_/;

/** A key reaches only the answers that it started itself. */
function unknownAnswer(answerId: string): CorvusError {
  const reason = ownId.test(answerId)
    ? 'It was translated from another dialect or made by a built-in model: such answers are stored nowhere.'
    : 'Only the key that began an answer reaches it, as long as its request is kept here; none on prepaid credit is stored.';
  return new CorvusError('not_found', `Response with id '${answerId}' not found. ${reason}`, { param: 'response_id' });
}

/** The provider that answered, with the key that it was asked with. */
async function targetOf(
  { providers }: Pick<StoredAnswersDeps, 'providers'>,
  call: Call,
  answer: StoredAnswer,
): Promise<HttpTarget> {
  const provider = providers.current().find(({ id }) => id === answer.provider);
  if (!provider)
    throw new CorvusError('not_found', `The provider "${answer.provider}", which has this answer, was removed here.`);
  const [credentials, proxy] = await Promise.all([providers.credentials(provider), providers.proxy(provider)]);
  const secret = keyOf(credentials, answer)?.secret ?? null;
  return { ...targetFor(provider, secret, call, call.dialect, answer.model), ...ownWay(proxy) };
}

/**
 * The key that it was asked with. A target without a name had the only key: the provider's first one, else the one that
 * is here longest; one that was added later may be of another owner. It may also reach what was asked with a lost one.
 */
export function keyOf(
  credentials: readonly ProviderCredential[],
  { provider, target }: StoredAnswer,
): ProviderCredential | undefined {
  return (
    credentials.find(({ name }) => `${provider}/${name}` === target) ??
    credentials.find(({ name }) => name === firstKeyName) ??
    credentials.toSorted((a, b) => a.storedAtMs - b.storedAtMs)[0]
  );
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

/**
 * As its provider counted it. An answer that failed without a count is not charged. One that was cancelled without a
 * count is, for what it had made by then: all that was held for it stays counted, or else a tool could pass a limit by
 * cancelling.
 */
function usageIn({ usage, usageSource, finishReason }: Outcome): Usage | null {
  if (usage === null && finishReason === 'failed') return makeUsage({});
  return usageSource === 'provider' ? usage : null;
}
