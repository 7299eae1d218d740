import type { RequestDetail } from '#shared/account/request.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import { nextStep, verdictOf } from './diagnose.ts';
import { dayMs } from '#shared/time.ts';

/** Facts that can show that the cause is not the part that refused. */
type Calls = Pick<Handlers, 'billing.orders' | 'models.list' | 'providers.list'>;

/** Why one request failed, from its record and whatever else is known here. */
export async function explainRequest(request: RequestDetail, calls: Calls): Promise<Verdict> {
  const { status, refusedBy, errorCode, errorMessage } = request;
  const proof = seenOf(request);
  if (status === 'completed' || status === 'open') {
    const sentence = status === 'open' ? 'This request is still being answered.' : 'This request was answered.';
    return { diagnosis: 'healthy', layer: 'none', sentence, proof, next: null };
  }
  if (status === 'cancelled') {
    return {
      diagnosis: 'unknown',
      layer: 'tool',
      sentence: 'The tool closed the request before its end.',
      proof,
      next: null,
    };
  }
  const message = errorMessage ?? 'No reason was given.';
  if (refusedBy === 'corvus' && errorCode === 'insufficient_credits') {
    const diagnosis = 'limit-reached';
    return { diagnosis, layer: 'corvus', sentence: message, proof, next: nextStep(diagnosis, 'corvus') };
  }
  const verdict = verdictOf(
    { code: errorCode, httpStatus: request.httpStatus, message, askedLast: askedLast(request) },
    proof,
  );
  if (verdict.diagnosis === 'out-of-balance' && verdict.layer === 'provider')
    return toppedUpElsewhere(verdict, request, calls);
  // A model without a price needs a price, not another provider.
  const isNowhere = verdict.diagnosis === 'model-not-found' && errorCode !== 'model_not_priced';
  return isNowhere ? servedElsewhere(verdict, request, calls) : verdict;
}

function seenOf({ status, errorCode, httpStatus, endpoint, modelRequested, attempts }: RequestDetail): string[] {
  const asked = attempts.map(
    (attempt) => `${attempt.provider} was asked: ${attempt.errorCode ?? attempt.httpStatus ?? 'no answer'}`,
  );
  return [
    `The tool asked for ${modelRequested || 'no model'} at ${endpoint}: HTTP ${httpStatus ?? 'none'}, ${errorCode ?? status}`,
    ...asked,
  ];
}

function askedLast({ attempts, provider }: RequestDetail): string | null {
  return attempts.length === 0 ? null : provider;
}

const weekMs = 7 * dayMs;

/** The empty key is the provider's, and a top-up went to the prepaid account. */
async function toppedUpElsewhere(
  verdict: Verdict,
  { provider, createdAtMs }: RequestDetail,
  calls: Calls,
): Promise<Verdict> {
  const orders = await calls['billing.orders'](undefined);
  const paid = orders.find(({ paidAt }) => paidAt !== null && Date.parse(paidAt) > createdAtMs - weekMs);
  if (!paid) return verdict;
  const sentence = `This request went to ${provider} with your own key, which is empty there. Your last top-up went to the prepaid account.`;
  const proof = [
    ...verdict.proof,
    `${provider} said: ${verdict.sentence}`,
    `${paid.amount} USD were paid to the prepaid account on ${paid.paidAt}.`,
  ];
  return { diagnosis: 'another-key', layer: 'provider', sentence, proof, next: nextStep('another-key', 'provider') };
}

/** Another provider lists the model, so the route is what has to change. */
async function servedElsewhere(
  verdict: Verdict,
  { modelRequested, provider }: RequestDetail,
  calls: Calls,
): Promise<Verdict> {
  const listing = (await calls['providers.list'](undefined)).find(
    ({ id, models }) => id !== provider && models?.includes(modelRequested),
  );
  const { models } = await calls['models.list'](undefined);
  const other = listing?.id ?? models.find(({ slug }) => slug === modelRequested)?.provider ?? null;
  if (other === null || other === provider) return verdict;
  const proof = [
    ...verdict.proof,
    `${modelRequested} would be answered by ${other === 'account' ? 'the prepaid account' : other}.`,
  ];
  return {
    ...verdict,
    proof,
    next: { text: 'Let the key of the tool use the provider that has this model.', page: '/keys' },
  };
}
