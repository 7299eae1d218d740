import type { IncomingHttpHeaders } from 'node:http';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { credentialHeaders } from '#proxy/upstream/credential-headers.ts';
import { firstByteTimeoutMs } from '#proxy/upstream/first-byte-timeout.ts';
import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import type { PoolFamily } from '#shared/domain/dialect.ts';
import { remembered } from '#shared/remembered.ts';
import { ownMember } from '#shared/own-member.ts';
import type { HttpCredential } from './pool-state.ts';

/**
 * The target of a call with this credential. The body's model is renamed only where the upstream has another name for
 * it.
 * @param timeouts how long a stream may take to begin while another credential is left
 */
export function credentialTarget(credential: HttpCredential, call: Call, timeouts: FirstByteTimeouts): HttpTarget {
  const { name, dialectFamily, modelMap = {} } = credential;
  const model = ownMember(modelMap, call.facts.model);
  return {
    kind: 'http',
    name,
    ...addressOf(credential, call.endpoint + soldQuery(call.query)),
    ...(model === undefined ? {} : { model }),
    headers: poolHeaders(dialectFamily, credential.apiKey, call.headers),
    mayBePrivate: true,
    firstByteTimeoutMs: firstByteTimeoutMs(timeouts, call.facts.model, false),
    injectUsage: dialectFamily !== 'anthropic',
  };
}

const betaParameter = /[?&]beta=true(?:&|$)/;

/**
 * The only parameter that a customer's request may bring to an upstream of the service: Claude Code asks for betas with
 * it. Others would leave the usage out of an answer (`fields`), or are another's login.
 */
function soldQuery(query: string): string {
  return betaParameter.test(query) ? '?beta=true' : '';
}

/** Credential and version headers, as the native API of the dialect family documents them. */
export function poolHeaders(
  dialectFamily: PoolFamily,
  apiKey: string,
  clientHeaders: IncomingHttpHeaders,
): Record<string, string> {
  const isMessages = dialectFamily === 'anthropic';
  return credentialHeaders(isMessages ? 'x-api-key' : 'bearer', apiKey, { isMessages, clientHeaders });
}

const mostBases = 500;
const readBase = remembered(mostBases, (baseUrl) => {
  const { origin, pathname } = new URL(baseUrl);
  return { origin, path: pathname.replace(/\/+$/, '') };
});

/** @param endpoint begins with `/v1`; it may have a query */
export function addressOf({ baseUrl }: { baseUrl: string }, endpoint: string): { origin: string; path: string } {
  const { origin, path } = readBase(baseUrl);
  return { origin, path: joinPath(path, endpoint) };
}

/** `/v1` + `/v1/chat/completions` and `` + `/v1/chat/completions` mean the same; `/api/v4` replaces our `/v1`. */
function joinPath(base: string, endpoint: string): string {
  return /\/v\d+$/.test(base) ? base + endpoint.slice('/v1'.length) : base + endpoint;
}
