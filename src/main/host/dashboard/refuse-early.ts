import type { ServerResponse } from 'node:http';
import type { CorvusError } from '#shared/errors.ts';
import { securityHeaders } from './security-headers.ts';

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
