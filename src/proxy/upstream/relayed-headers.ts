import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Call, HttpTarget } from '../call.ts';
import type { UpstreamAccount } from '../reply/judge-reply.ts';
import { headerText } from '../reply/upstream-reply.ts';
import type { CallTranslation } from '../reply/relay.ts';

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Never sent on: credentials, what identifies this hop or the browser, and what describes a body that may have been
 * decoded.
 */
const notSentUpstream: ReadonlySet<string> = new Set([
  ...hopByHop,
  'host',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'apikey',
  'ocp-apim-subscription-key',
  'cookie',
  'origin',
  'referer',
  'expect',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'forwarded',
  'via',
  'x-request-id',
]);
const notSentUpstreamPrefixes = /^(?:x-forwarded-|sec-|x-corvus-|proxy-)/;
/** By these some gateways and servers let a request say where it goes, and with it the credential, or as what. */
const redirects =
  /(?:^|-)(?:target|upstream|custom|original|rewrite|proxy|api|base)-(?:url|uri|host|base|path)$|(?:^|-)baseurl$|-method-override$|^x-http-method$/;
/**
 * All that a customer's request may say to an upstream of the service in its headers. Others would choose the project
 * that is billed, ask for an answer that is fetched later or comes from a cache, or leave the usage out.
 */
const carriedToPlatform =
  /^(?:accept|accept-language|content-type|user-agent|anthropic-version|anthropic-beta|openai-beta|x-stainless-[\w-]+)$/;

/**
 * Never handed back: what would act on this address or on a browser in the upstream's name, and the body's old
 * description.
 */
const notSentDownstream: ReadonlySet<string> = new Set([
  ...hopByHop,
  'set-cookie',
  'set-cookie2',
  'alt-svc',
  'www-authenticate',
  'strict-transport-security',
  'clear-site-data',
  'nel',
  'report-to',
  'content-encoding',
  'content-length',
]);
const notSentDownstreamPrefixes = /^(?:access-control-|x-corvus-)/;
/** The headers that still make sense to an upstream of another dialect; the rest belong to the client's own. */
const carriedInTranslation: ReadonlySet<string> = new Set(['accept', 'content-type', 'user-agent', 'accept-language']);
/** Facts of the account behind a pool, which only the operator may see. */
const platformOnly =
  /^(x-ratelimit-|anthropic-ratelimit-|openai-organization|openai-project|anthropic-organization-id)/;

/** The client's headers as the upstream gets them, with the target's own on top. */
export function upstreamHeaders(
  call: Call,
  target: HttpTarget,
  bodyBytes: number,
  account: UpstreamAccount,
): Record<string, string> {
  const named = namedByConnection(call.headers.connection);
  const headers: Record<string, string> = {};
  for (const name of Object.keys(call.headers)) {
    const value = call.headers[name];
    if (value === undefined || notSentUpstream.has(name) || named.has(name)) continue;
    if (account === 'platform' && !carriedToPlatform.test(name)) continue;
    if (notSentUpstreamPrefixes.test(name) || redirects.test(name)) continue;
    if (target.translation && !carriedInTranslation.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // Decoding what comes back costs more than loopback bytes, and a compressed stream arrives in lumps.
  headers['accept-encoding'] = 'identity';
  headers['content-length'] = String(bodyBytes);
  return Object.assign(headers, target.headers);
}

/** The upstream's headers as the client gets them. The writer of the body sets length and encoding. */
export function downstreamHeaders(upstream: IncomingHttpHeaders, account: UpstreamAccount): OutgoingHttpHeaders {
  const named = namedByConnection(headerText(upstream, 'connection'));
  const headers: OutgoingHttpHeaders = {};
  for (const name of Object.keys(upstream)) {
    const value = upstream[name];
    if (value === undefined || notSentDownstream.has(name) || named.has(name)) continue;
    if (notSentDownstreamPrefixes.test(name)) continue;
    if (account === 'platform' && platformOnly.test(name)) continue;
    headers[name] = value;
  }
  return headers;
}

/** The headers of a reply from an upstream of another dialect: its own mean nothing in the client's. */
export function translatedHeaders(upstream: IncomingHttpHeaders, translation: CallTranslation): OutgoingHttpHeaders {
  const retryAfter = headerText(upstream, 'retry-after');
  return {
    'content-type': headerText(upstream, 'content-type') ?? 'application/json',
    'cache-control': 'no-cache',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    'x-corvus-translated-to': translation.dialect,
    ...(translation.notCarried.length === 0 ? {} : { 'x-corvus-not-carried': listOf(translation.notCarried) }),
  };
}

const longestListCharacters = 1000;

/** Names may be the caller's own words, and a header allows few characters. */
function listOf(names: readonly string[]): string {
  return names
    .map((name) => name.replace(/[^\w.[\]-]/g, '_'))
    .join(', ')
    .slice(0, longestListCharacters);
}

const nothingNamed: ReadonlySet<string> = new Set();

/** `Connection: close, x-private` makes `x-private` a header of that hop too. */
function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive') return nothingNamed;
  return new Set(connection?.split(',').map((name) => name.trim().toLowerCase()));
}
