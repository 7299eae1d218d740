import { isRefusedAddress } from '#proxy/network/upstream-address.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import { remembered } from '#shared/remembered.ts';

/** What people paste instead of a base URL; longest first. */
const endpointTails = [
  '/messages/count_tokens',
  '/chat/completions',
  '/completions',
  '/embeddings',
  '/responses',
  '/messages',
  '/models',
];
const versionSegment = /^v\d+[a-z0-9]*$/i;

/** A provider's base URL in parts. */
export interface ProviderBase {
  origin: string;
  /** Ends in a version, without a trailing slash: `/v1`, `/openai/v1`, `/api/paas/v4`. */
  path: string;
  /** Sent with every call: empty, or `?api-version=…`, which Azure and some gateways require. */
  query: string;
}

/** Accepts a base URL with or without its version, with trailing slashes, or with a whole endpoint pasted. */
export function readBaseUrl(baseUrl: string, dialect: UpstreamDialect): ProviderBase {
  const { hasVersion, path, ...base } = partsOf(baseUrl);
  return { ...base, path: hasVersion ? path : `${path}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` };
}

/** The path of a base URL without the endpoint that people paste with it. */
export function withoutEndpoint(pathname: string): string {
  const path = pathname.replace(/\/+$/, '');
  const tail = endpointTails.find((candidate) => path.endsWith(candidate));
  return tail === undefined ? path : path.slice(0, -tail.length);
}

export interface BaseUrlFacts {
  isLocal: boolean;
  /** Where this program listens, such as `http://127.0.0.1:4477`. */
  ownOrigins: readonly string[];
}

/** Throws a `CorvusError` for a base URL that a key must not be sent to. */
export function checkBaseUrl(baseUrl: string, { isLocal, ownOrigins }: BaseUrlFacts): void {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw refuse('The base URL must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '')
    throw refuse('The base URL must not contain a user name or password; enter the key separately.');
  if (url.hash !== '') throw refuse('The base URL must not contain "#".');
  if (!/^(\?api-version=[\w.-]+)?$/.test(url.search))
    throw refuse('The base URL must not contain "?", except for "?api-version=…".');
  if (isOwnOrigin(baseUrl, ownOrigins)) throw new CorvusError('proxy_loop');
  if (url.protocol === 'http:' && !isLocal && !isLoopbackHost(url.hostname)) {
    throw refuse(
      'Use https:// for a provider on the internet: over http:// anyone on the way can read the key. For a server of your own, mark it as local.',
    );
  }
  if (isRefusedAddress(url.hostname, mayBePrivate(baseUrl, isLocal))) {
    throw new CorvusError(
      'upstream_address_refused',
      `Corvus does not connect to ${url.hostname}. For a server on your own network, mark it as local.`,
    );
  }
}

/** Whether an address is one of these loopback ones, under any name of this machine. */
export function isOwnOrigin(baseUrl: string, ownOrigins: readonly string[]): boolean {
  const { hostname, port } = new URL(baseUrl);
  return isLoopbackHost(hostname) && ownOrigins.some((origin) => new URL(origin).port === port);
}

/** Whether connections to this provider may use a private address: it is marked as local, or names this machine. */
export function mayBePrivate(baseUrl: string, isLocal: boolean): boolean {
  return isLocal || isLoopbackHost(parsedUrl(baseUrl).hostname);
}

const mostRemembered = 100;

/** Every call asks for the parts of a base URL, and there are as many as there are providers. */
export const parsedUrl = remembered(mostRemembered, (baseUrl): Readonly<URL> => new URL(baseUrl));

const partsOf = remembered(mostRemembered, (baseUrl) => {
  const { origin, pathname, search } = parsedUrl(baseUrl);
  const path = withoutEndpoint(pathname);
  return { origin, path, query: search, hasVersion: path.split('/').some((segment) => versionSegment.test(segment)) };
});

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function refuse(message: string): CorvusError {
  return new CorvusError('bad_request', message, { param: 'baseUrl' });
}
