import type { IncomingMessage, ServerResponse } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import { securityHeaders } from './security-headers.ts';

const loopbackNames = ['127.0.0.1', '[::1]', 'localhost'];
const ownSites: ReadonlySet<string | undefined> = new Set([undefined, 'none', 'same-origin']);

/**
 * Why a request is refused: a foreign Host (rebinding), a foreign Origin, another site's page. null when it is
 * accepted.
 */
export function refuseForeignRequest(request: IncomingMessage): CorvusError | null {
  const [host, ...more] = request.headersDistinct['host'] ?? [];
  if (!host || more.length > 0) return new CorvusError('invalid_host');
  const port = request.socket.localPort;
  if (!loopbackNames.some((name) => host.toLowerCase() === `${name}:${port}` || (port === 80 && host === name))) {
    return new CorvusError('host_not_allowed');
  }
  // Browsers read it as a slash, so the path means something else to them than to a reader of the bytes.
  if (request.url?.split('?', 1)[0]?.includes('\\'))
    return new CorvusError('bad_request', 'The path has a backslash in it.');
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) return new CorvusError('origin_not_allowed');
  if (!ownSites.has(headerText(request, 'sec-fetch-site')) && !isFollowedLink(request))
    return new CorvusError('origin_not_allowed');
  return null;
}

/** A person followed a link to the dashboard, or returned from a checkout: it opens a page and changes nothing. */
function isFollowedLink(request: IncomingMessage): boolean {
  const isNavigation =
    headerText(request, 'sec-fetch-mode') === 'navigate' && headerText(request, 'sec-fetch-dest') === 'document';
  return isNavigation && request.method === 'GET' && !request.url?.startsWith('/api/');
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Before anything of the request is read. */
export function refuseEarly(response: ServerResponse, error: CorvusError): void {
  response.writeHead(error.status, {
    'content-type': 'application/json',
    connection: 'close',
    'cache-control': 'no-store',
    ...securityHeaders,
  });
  response.end(failureText(error));
}

export function failureText(error: CorvusError): string {
  return JSON.stringify({ ok: false, error: { code: error.code, message: error.message } });
}
