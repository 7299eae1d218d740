import { CorvusError } from '#shared/errors.ts';

const offlineCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH']);
const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** Why no answer came, as a refusal. */
export function connectionRefusal(error: unknown): CorvusError {
  if (error instanceof CorvusError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (offlineCodes.has(code)) return new CorvusError('offline', undefined, {}, error);
  if (timeoutCodes.has(code)) return new CorvusError('upstream_timeout', undefined, {}, error);
  if (/^(ERR_TLS|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(code)) return new CorvusError('tls_error', undefined, {}, error);
  return new CorvusError('upstream_connection_error', undefined, {}, error);
}
