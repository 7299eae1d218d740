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

/** Never sent on: credentials, what names this hop or the person's browser, and what describes the body we may have decoded. */
const notSentUpstream: ReadonlySet<string> = new Set([
  ...hopByHop,
  'host',
  'authorization',
  'x-api-key',
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
/** Where the service's own traces are kept is nobody else's business; a person's own gateway changes nothing about theirs. */
const ownTraces: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);
const notSentUpstreamPrefixes = ['x-forwarded-', 'sec-', 'x-corvus-', 'proxy-'];

/** Never handed back: what would act on this address or on a browser in the upstream's name, and the body's old description. */
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
const notSentDownstreamPrefixes = ['access-control-', 'x-corvus-'];
/** All that still makes sense to an upstream of another dialect; the rest speaks of the client's own. */
const carriedInTranslation: ReadonlySet<string> = new Set(['accept', 'content-type', 'user-agent', 'accept-language']);
/** Facts of the account behind a pool, which is nobody's business but the operator's. */
const platformOnly = /^(x-ratelimit-|anthropic-ratelimit-|openai-organization|openai-project|anthropic-organization-id)/;

/** The client's headers as the upstream gets them, with the target's own on top. */
export function upstreamHeaders(call: Call, target: HttpTarget, bodyBytes: number, account: UpstreamAccount): Record<string, string> {
  const named = namedByConnection(call.headers.connection);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (value === undefined || notSentUpstream.has(name) || named.has(name)) continue;
    if (account === 'house' && ownTraces.has(name)) continue;
    if (notSentUpstreamPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (target.translation && !carriedInTranslation.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    ...headers,
    // Decoding what comes back costs more than loopback bytes, and a compressed stream arrives in lumps.
    'accept-encoding': 'identity',
    'content-length': String(bodyBytes),
    ...target.headers,
  };
}

/** The upstream's headers as the client gets them. Length and encoding are set by whoever writes the body. */
export function downstreamHeaders(upstream: IncomingHttpHeaders, account: UpstreamAccount): OutgoingHttpHeaders {
  const named = namedByConnection(headerText(upstream, 'connection'));
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(upstream)) {
    if (value === undefined || notSentDownstream.has(name) || named.has(name)) continue;
    if (notSentDownstreamPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (account === 'house' && platformOnly.test(name)) continue;
    headers[name] = value;
  }
  return headers;
}

/** The headers of a reply from an upstream of another dialect: its own say nothing in the client's. */
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

/** Names may be the caller's own words, and a header takes but a few characters. */
function listOf(names: readonly string[]): string {
  return names
    .map((name) => name.replace(/[^\w.[\]-]/g, '_'))
    .join(', ')
    .slice(0, longestListCharacters);
}

/** `Connection: close, x-private` makes `x-private` a header of that hop too. */
function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  return new Set(connection?.split(',').map((name) => name.trim().toLowerCase()));
}
