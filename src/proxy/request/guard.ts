import type { IncomingMessage } from 'node:http';
import { CorvusError, toCorvusError } from '#shared/errors.ts';

/** Which requests a listener accepts at all. */
export interface Guard {
  /**
   * Host header values that mean this listener; null accepts any one well-formed host (a public service behind a
   * domain).
   */
  allowedHosts: ReadonlySet<string> | null;
  /** Refuses anything a web page could have sent. */
  refusesBrowsers: boolean;
}

const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i;

/** The Host values of a loopback listener on this port. */
export function loopbackHosts(port: number): ReadonlySet<string> {
  const names = ['127.0.0.1', '[::1]', 'localhost'];
  return new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

/** Checks everything about a request that is known before its key and its body. Throws a `CorvusError`. */
export function checkRequest(request: IncomingMessage, guard: Guard): void {
  const host = singleHeader(request, 'host');
  if (host === null || !hostPattern.test(host)) throw new CorvusError('invalid_host');
  const upgrade = request.headers.upgrade?.toLowerCase();
  // Clients that try a WebSocket first fall back to HTTP at once on this status, and on no other.
  if (upgrade !== undefined && upgrade !== 'h2c')
    throw new CorvusError('upgrade_required', undefined, { headers: { upgrade: 'HTTP/1.1' } });
  if (!request.url?.startsWith('/')) throw new CorvusError('bad_request', 'The request target must be a path.');
  if (guard.allowedHosts && !guard.allowedHosts.has(host.toLowerCase())) throw new CorvusError('host_not_allowed');
  const transferEncoding = request.headers['transfer-encoding'];
  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked') {
    throw new CorvusError('bad_request', 'The only transfer encoding accepted is chunked.');
  }
  if (guard.refusesBrowsers) refuseBrowsers(request);
}

function refuseBrowsers(request: IncomingMessage): void {
  const site = request.headers['sec-fetch-site'];
  if (request.headers.origin !== undefined || (site !== undefined && site !== 'none'))
    throw new CorvusError('origin_not_allowed');
}

/** A body that a web form cannot send without a preflight request. */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new CorvusError('unsupported_media_type');
}

/**
 * The secrets that a request carries, as Bearer, `x-api-key` or `x-goog-api-key`, or as Google's `?key=`: one or two.
 * More are refused.
 * @param mayBeInUrl only for requests of Google's clients: an address is written down in more places than a header
 */
export function readCredentials(request: IncomingMessage, mayBeInUrl = false): string[] {
  const found = new Set<string>();
  for (const value of allValues(request, 'authorization')) {
    const bearer = /^bearer +(\S+)$/i.exec(value.trim())?.[1];
    if (bearer === undefined)
      throw new CorvusError('invalid_api_key', 'Send the key as "Authorization: Bearer <key>".');
    found.add(bearer);
  }
  const inUrl = mayBeInUrl ? new URLSearchParams(request.url?.split('?', 2)[1]).getAll('key') : [];
  for (const value of [...allValues(request, 'x-api-key'), ...allValues(request, 'x-goog-api-key'), ...inUrl]) {
    if (value.trim() !== '') found.add(value.trim());
  }
  if (found.size > 2) throw new CorvusError('ambiguous_credentials');
  if (found.size === 0) throw new CorvusError('invalid_api_key', 'No API key was sent.');
  return [...found];
}

/** The one secret of a request. Throws like `readCredentials`, and `ambiguous_credentials` for two. */
export function readCredential(request: IncomingMessage): string {
  const [secret = '', second] = readCredentials(request);
  if (second !== undefined) throw new CorvusError('ambiguous_credentials');
  return secret;
}

export interface Identified<Caller> {
  caller: Caller;
  /** Another secret was sent as well, which is none of ours. */
  hasOther: boolean;
}

/**
 * Who sent these secrets. Of two, one must be ours: tools send both if two of their environment variables are set.
 * Throws `ambiguous_credentials` where neither or both are, and what `find` throws for a single one.
 */
export async function identify<Caller>(
  secrets: readonly string[],
  find: (secret: string) => Promise<Caller> | Caller,
): Promise<Identified<Caller>> {
  const [secret = '', second] = secrets;
  if (second === undefined) return { caller: await find(secret), hasOther: false };
  const found: Caller[] = [];
  for (const given of secrets) {
    try {
      found.push(await find(given));
    } catch (error) {
      if (toCorvusError(error).code !== 'invalid_api_key') throw error;
    }
  }
  const [caller] = found;
  if (caller !== undefined && found.length === 1) return { caller, hasOther: true };
  const count = found.length === 0 ? 'neither is a valid key here' : 'both are keys of this service';
  throw new CorvusError(
    'ambiguous_credentials',
    `Two API keys were sent, and ${count}. ANTHROPIC_API_KEY (x-api-key) and ANTHROPIC_AUTH_TOKEN (authorization) are both set: unset one of them.`,
  );
}

/** Node keeps the first of several headers; here their number matters. */
function allValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const given = raw[index];
    if (given?.length === name.length && given.toLowerCase() === name) values.push(raw[index + 1] ?? '');
  }
  return values;
}

function singleHeader(request: IncomingMessage, name: string): string | null {
  const values = allValues(request, name);
  return values.length === 1 ? (values[0] ?? null) : null;
}
