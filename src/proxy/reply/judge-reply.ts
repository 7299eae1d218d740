import { CorvusError } from '#shared/errors.ts';
import { retryAfterMs } from './retry-after.ts';
import { headerText, type UpstreamReply } from './upstream-reply.ts';

/**
 * Whose account an upstream bills. The caller sees its money and credential problems only if the account is the
 * caller's.
 */
export type UpstreamAccount = 'caller' | 'platform';

const webPage = /^text\/html\b/i;
const json = /^application\/(.*\+)?json\b/i;
const targetProblem: ReadonlySet<number> = new Set([401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 529]);
/** "Network Authentication Required": it comes from a proxy on the way, not from the upstream. */
const captivePortal = 511;
/** For a client of a service whose upstream does not say how long to wait. */
export const usualWaitSeconds = 5;
const longestWaitSeconds = 3600;

export function isEventStream(reply: UpstreamReply): boolean {
  return headerText(reply.headers, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false;
}

export function isJson(reply: UpstreamReply): boolean {
  return json.test(headerText(reply.headers, 'content-type') ?? '');
}

export function isWebPage(reply: UpstreamReply): boolean {
  return webPage.test(headerText(reply.headers, 'content-type') ?? '');
}

export interface JudgeOptions {
  account: UpstreamAccount;
  requireJson: boolean;
  nowMs: number;
}

/** null: relay the answer as it is. Otherwise why the client must not see it. */
export function judgeReply(reply: UpstreamReply, { account, requireJson, nowMs }: JudgeOptions): CorvusError | null {
  const { status } = reply;
  if (status >= 300 && status < 400) return new CorvusError('upstream_redirect');
  if (account === 'platform' && targetProblem.has(status)) {
    return new CorvusError('no_upstream_capacity', undefined, { retryAfterSeconds: retryAfterSeconds(reply, nowMs) });
  }
  if (status === 401) return new CorvusError('upstream_credential_refused');
  const type = headerText(reply.headers, 'content-type');
  if (
    type === undefined ||
    isJson(reply) ||
    isEventStream(reply) ||
    (!requireJson && status < 400 && !webPage.test(type))
  )
    return null;
  if (status >= 500 && status !== captivePortal) {
    return new CorvusError(
      'no_upstream_capacity',
      `The upstream answered ${status} with ${mediaType(type)}: it, or a server before it, has trouble.`,
    );
  }
  return new CorvusError(
    'upstream_not_json',
    `The upstream answered ${status} with ${mediaType(type)} instead of JSON: a captive portal, a proxy, or a wrong base URL.`,
  );
}

/** A failure of this target that another target may not have. */
export function isWorthAnotherTarget(status: number): boolean {
  return targetProblem.has(status);
}

function mediaType(type: string): string {
  return (
    type
      .split(';', 1)[0]
      ?.trim()
      .replace(/[^\w/.+-]/g, '')
      .slice(0, 60) || 'something else'
  );
}

/** For a client whose credential this is not: whole seconds within an hour. */
function retryAfterSeconds({ status, headers }: UpstreamReply, nowMs: number): number {
  const waitMs = retryAfterMs(status, headers, nowMs);
  return waitMs === null || waitMs === 0 ? usualWaitSeconds : Math.min(Math.ceil(waitMs / 1000), longestWaitSeconds);
}
