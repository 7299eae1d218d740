import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { nothingSaid } from '#shared/dialects/said-failure.ts';
import { CorvusError } from '#shared/errors.ts';
import { redactText } from '#shared/redact.ts';
import { isWorthAnotherTarget, type UpstreamAccount } from './judge-reply.ts';

const longestWords = 300;

/** Why a success is none: it reports a failure, or it has no answer. null: it is an answer. */
export function failureOf({ failure, isAnswer }: Pick<ReplyFacts, 'failure' | 'isAnswer'>): CorvusError | null {
  if (failure === null && isAnswer) return null;
  const { status, ...said } = failure ?? nothingSaid;
  const message = redactText(said.message.slice(0, longestWords));
  const sentence = `The upstream reported an error inside a successful answer: ${message}`;
  // The credential that was refused is not the client's.
  const isShown = status !== null && status !== 401;
  return new CorvusError('upstream_interrupted', sentence, isShown ? { status, said: { ...said, message } } : {});
}

/** The same for the client of a service that has its own account there, as a refusal of that status is judged. */
export function failureFor(account: UpstreamAccount, error: CorvusError): CorvusError {
  const isOfService = account === 'platform' && error.details.said !== undefined && isWorthAnotherTarget(error.status);
  return isOfService ? new CorvusError('no_upstream_capacity', error.message, {}, error) : error;
}
