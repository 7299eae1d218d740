import { codeOf } from '#proxy/network/connection-refusal.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import type { Answer } from './ask.ts';
import { adapterFor } from './known-providers.ts';
import type { AddressedProvider } from './target.ts';
import type { Fault } from './adapter.ts';

/** The provider that was asked, for the sentences. */
interface Asked {
  provider: AddressedProvider;
  hasKey: boolean;
}

/** Why an answer is not the expected one, in a sentence that says what to do; null when it is. */
export function judgeAnswer({ provider, hasKey }: Asked, answer: Answer): CorvusError | null {
  const { status } = answer;
  const who = nameOf(provider);
  if (isWebPage(answer)) {
    return new CorvusError(
      'upstream_not_json',
      `A web page answered instead of ${who}. If this network asks you to sign in, do that in a browser; otherwise check the base URL.`,
    );
  }
  const fault = faultOf(provider.kind, answer);
  if (fault === 'wrong-key') return new CorvusError('upstream_credential_refused', keySentence(provider, who, hasKey));
  if (fault === 'not-allowed') {
    return new CorvusError(
      'upstream_credential_refused',
      `${who} refused with status 403: the key may not do this, or ${who} does not serve this country or network. Check the key’s permissions.`,
    );
  }
  if (fault === 'no-credit')
    return new CorvusError('insufficient_credits', `${who} accepts the key, but it has no credit left. Top up there.`);
  if (fault === 'rate-limit')
    return new CorvusError(
      'rate_limit_exceeded',
      `${who} reports too many requests with this key. Try again in a minute.`,
    );
  if (status >= 500)
    return new CorvusError(
      'upstream_connection_error',
      `${who} has an outage or an internal error (status ${status}). Try again later.`,
    );
  if (status !== 200)
    return new CorvusError('upstream_connection_error', `${who} answered with status ${status}. Check the base URL.`);
  return null;
}

/** Why no answer came at all: the network says it, except that a server of this machine may have to be started. */
export function connectionProblem(error: unknown, provider: AddressedProvider): CorvusError {
  const problem = toCorvusError(error);
  const isStopped = problem.code === 'upstream_connection_error' && codeOf(problem.cause) === 'ECONNREFUSED';
  if (!provider.isLocal || !isStopped) return problem;
  const { host } = new URL(provider.baseUrl);
  const message = `Nothing is listening at ${host}. Start ${nameOf(provider)} and try again.`;
  return new CorvusError('upstream_connection_error', message, {}, problem.cause);
}

export function noAnswerInTime({ baseUrl }: AddressedProvider): CorvusError {
  return new CorvusError(
    'upstream_timeout',
    `${new URL(baseUrl).host} did not answer in time. Check the address and your network.`,
  );
}

function keySentence({ kind }: AddressedProvider, who: string, hasKey: boolean): string {
  const keyUrl = adapterFor(kind)?.keyUrl;
  const from = keyUrl ? ` Make one at ${new URL(keyUrl).host}.` : '';
  return hasKey
    ? `${who} refused the key: it is mistyped, revoked, or from another provider.${from}`
    : `${who} requires a key, and none is stored.${from}`;
}

/**
 * A device on the way: it redirects, asks to sign in, or shows a page. An error page of the provider itself is not one.
 */
function isWebPage({ status, contentType }: Answer): boolean {
  if (status === 511 || (status >= 300 && status < 400)) return true;
  return status < 500 && /html/i.test(contentType);
}

/** The name a person knows: the catalogue's, or the address. */
export function nameOf({ kind, baseUrl }: Pick<AddressedProvider, 'kind' | 'baseUrl'>): string {
  return adapterFor(kind)?.name ?? new URL(baseUrl).host;
}

/** Some report a wrong key with 400 or 403, and an empty account with 429, 403 or 400: then the words decide. */
const wrongKeyWords =
  /invalid[ _]api[ _]key|api[ _]?key[^.]{0,40}(not valid|invalid|incorrect|not found|expired)|incorrect api key/i;

/** What an answer reveals about key and money; null when it reveals neither. */
function faultOf(kind: string, { status, text }: Pick<Answer, 'status' | 'text'>): Fault | null {
  const special = adapterFor(kind)?.faultOf?.(status, text) ?? null;
  if (special !== null) return special;
  if (status < 400 || status >= 500) return null;
  if (status === 402 || saysOutOfMoney(text)) return 'no-credit';
  if (status === 401 || wrongKeyWords.test(text)) return 'wrong-key';
  if (status === 429) return 'rate-limit';
  return status === 403 ? 'not-allowed' : null;
}
