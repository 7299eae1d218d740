import { asObject, asText, type JsonObject } from '../dialects/json-value.ts';
import { type DialectFamily, familyOf } from '../domain/dialect.ts';
import type { ConversationDialect } from './translation.ts';

/** The message of an upstream's error, in any dialect's envelope. */
interface SaidError {
  message: string;
  type: string | null;
  code: string | null;
  param: string | null;
}

const openAiTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};
const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
};

/** An upstream's refusal in the envelope that the client's SDK expects; status and sentence stay. */
export function translateError(to: ConversationDialect, status: number, body: JsonObject, requestId: string): JsonObject {
  const { message, type, code, param } = readError(body, status);
  if (familyOf(to) === 'openai') return { error: { message, type: typeIn('openai', status), param, code: code ?? type } };
  return { type: 'error', error: { type: typeIn('anthropic', status), message }, request_id: requestId };
}

function readError(body: JsonObject, status: number): SaidError {
  const error = asObject(body['error']) ?? body;
  const message = asText(error['message']) ?? asText(body['error']) ?? `The upstream answered ${status}.`;
  return { message, type: asText(error['type']), code: asText(error['code']), param: asText(error['param']) };
}

function typeIn(family: DialectFamily, status: number): string {
  const isServers = status >= 500;
  if (family === 'openai') return openAiTypes[status] ?? (isServers ? 'server_error' : 'invalid_request_error');
  return anthropicTypes[status] ?? (isServers ? 'api_error' : 'invalid_request_error');
}
