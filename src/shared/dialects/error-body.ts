import type { DialectFamily } from '../domain/dialect.ts';
import { type CorvusError, errorCatalogue } from '../errors.ts';
import { googleStatus } from './error-names.ts';
import { upstreamErrorBody } from './upstream-error.ts';

/** The status of a refusal in a client's dialect family. */
export function statusFor(family: DialectFamily, error: CorvusError): number {
  const { anthropicStatus }: { anthropicStatus?: number } = errorCatalogue[error.code];
  return (family === 'anthropic' && error.details.status === undefined ? anthropicStatus : undefined) ?? error.status;
}

/** The body of a refusal in the envelope of its dialect family. Official SDKs raise their own error classes from it. */
export function errorBody(family: DialectFamily, error: CorvusError, requestId: string): object {
  const facts = errorCatalogue[error.code];
  const { said, body: extra = {} } = error.details;
  if (said) return upstreamErrorBody(family, error.status, said, requestId);
  if (family === 'openai') {
    const param = error.details.param ?? null;
    return {
      error: {
        message: error.message,
        type: facts.openaiType,
        param,
        code: error.code,
        request_id: requestId,
        ...extra,
      },
    };
  }
  if (family === 'gemini') return geminiErrorBody(error, requestId);
  if (family === 'ollama') return { error: error.message, code: error.code, request_id: requestId, ...extra };
  // A cap answers 402, and an empty balance may be configured to: Anthropic's name for that status is billing_error.
  const type = error.status === 402 ? 'billing_error' : facts.anthropicType;
  return {
    type: 'error',
    error: { type, message: error.message, code: error.code, details: { error_code: error.code, ...extra } },
    request_id: requestId,
  };
}

function geminiErrorBody(error: CorvusError, requestId: string): object {
  const { retryAfterSeconds, param, body } = error.details;
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: error.code,
      domain: 'corvus',
      metadata: { request_id: requestId, ...(param === undefined ? {} : { param }), ...body },
    },
    ...(retryAfterSeconds === undefined
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` }]),
  ];
  return { error: { code: error.status, message: error.message, status: googleStatus(error.status), details } };
}

/** The event that ends a broken stream: an error in the dialect's own shape, never a normal end. */
export function errorEvent(family: DialectFamily, error: CorvusError, requestId: string): string {
  const data = JSON.stringify(errorBody(family, error, requestId));
  return family === 'anthropic' ? `event: error\ndata: ${data}\n\n` : `data: ${data}\n\n`;
}

const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** What an upstream says of the request itself, it says again. */
function mayPass({ status, details }: CorvusError): boolean {
  return !details.said || status >= 500 || passingStatuses.has(status);
}

/** Headers of a refusal: the request id, and whether a retry can help. */
export function errorHeaders(error: CorvusError, requestId: string): Record<string, string> {
  const { repeatOf, headers, retryAfterSeconds } = error.details;
  const isRetryable = errorCatalogue[error.code].retryable && mayPass(error) && repeatOf === undefined;
  return {
    'x-request-id': requestId,
    'request-id': requestId,
    'x-should-retry': String(isRetryable),
    ...headers,
    ...(repeatOf === undefined ? {} : { 'x-corvus-repeat-of': repeatOf }),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  };
}
