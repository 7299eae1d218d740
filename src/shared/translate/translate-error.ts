import { googleStatus } from '../dialects/error-body.ts';
import { asObject, asText, type JsonObject } from '../dialects/json-value.ts';
import { type Dialect, familyOf } from '../domain/dialect.ts';

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
  504: 'timeout_error',
  529: 'overloaded_error',
};

/**
 * How providers and model servers refuse a conversation that no longer fits. Agents shorten it and go on when they read
 * that in the form of their own provider: OpenAI's has a code for it, Anthropic's begins with these words.
 */
const tooLong =
  /prompt is too long|maximum context length|exceeds? the (?:available |model's |maximum )?context|context window|input token count .*exceeds/i;
const openAiCodeOfTooLong = 'context_length_exceeded';
const anthropicWordsOfTooLong = 'prompt is too long';

/**
 * An upstream's refusal in the envelope that the client's SDK expects; status and sentence stay. That a conversation is
 * too long is said as the client's agent looks for it.
 */
export function translateError(to: Dialect, status: number, body: JsonObject, requestId: string): JsonObject {
  const { message, type, code, param } = readError(body, status);
  const isTooLong = (status === 400 || status === 413) && (code === openAiCodeOfTooLong || tooLong.test(message));
  switch (familyOf(to)) {
    case 'openai':
      return {
        error: {
          message,
          type: typeIn(openAiTypes, status, 'server_error'),
          param,
          code: isTooLong ? openAiCodeOfTooLong : (code ?? type),
        },
      };
    case 'gemini':
      return { error: { code: status, message, status: googleStatus(status) } };
    case 'ollama':
      return { error: message };
    default:
      return {
        type: 'error',
        error: {
          type: isTooLong ? 'invalid_request_error' : typeIn(anthropicTypes, status, 'api_error'),
          message:
            isTooLong && !message.toLowerCase().includes(anthropicWordsOfTooLong)
              ? `${anthropicWordsOfTooLong}: ${message}`
              : message,
        },
        request_id: requestId,
      };
  }
}

function readError(body: JsonObject, status: number): SaidError {
  const error = asObject(body['error']) ?? body;
  const message = asText(error['message']) ?? asText(body['error']) ?? `The upstream answered ${status}.`;
  const type = asText(error['type']) ?? asText(error['status']);
  return { message, type, code: asText(error['code']), param: asText(error['param']) };
}

function typeIn(types: Readonly<Record<number, string>>, status: number, ofServers: string): string {
  return types[status] ?? (status >= 500 ? ofServers : 'invalid_request_error');
}
