import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { nothingSaid } from '#shared/dialects/said-failure.ts';
import { CorvusError } from '#shared/errors.ts';
import { redactText } from '#shared/redact.ts';
import { isWorthAnotherTarget, type UpstreamAccount, usualWaitSeconds } from './judge-reply.ts';

const longestWords = 300;

/** Why a success is none: it reports a failure, or it has no answer. null: it is an answer. */
export function failureOf({ failure, isAnswer }: Pick<ReplyFacts, 'failure' | 'isAnswer'>): CorvusError | null {
  if (failure === null && isAnswer) return null;
  const { status, ...said } = failure ?? nothingSaid;
  const message = redactText(said.message.slice(0, longestWords));
  const sentence = `The upstream reported an error inside a successful answer: ${message}`;
  // The credential that was refused is not the client's.
  const isShown = status !== null && status !== 401;
  return new CorvusError('upstream_interrupted', sentence, {
    ...(failure === null ? {} : { reportedStatus: status }),
    ...(isShown ? { status, said: { ...said, message } } : {}),
  });
}

/**
 * Whether the client may not see it: it may be about the money or the credential of the service's own account, as a
 * refusal of that status would be. An error that names no status may be about anything.
 */
export function isHidden(account: UpstreamAccount, { code, details: { reportedStatus } }: CorvusError): boolean {
  if (account !== 'platform') return false;
  if (code === 'upstream_out_of_credit') return true;
  return reportedStatus !== undefined && (reportedStatus === null || isWorthAnotherTarget(reportedStatus));
}

/** The failure as the client of this account may see it. */
export function failureFor(account: UpstreamAccount, error: CorvusError): CorvusError {
  if (!isHidden(account, error)) return error;
  const { reportedStatus } = error.details;
  const details = { retryAfterSeconds: usualWaitSeconds, ...(reportedStatus === undefined ? {} : { reportedStatus }) };
  return new CorvusError('no_upstream_capacity', undefined, details, error);
}
