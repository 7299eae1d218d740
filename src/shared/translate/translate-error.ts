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
 * that in the form of their own provider: OpenAI's has a code for it, Anthropic's begins with certain words.
 */
const tooLong =
  /prompt is too long|maximum context length|exceeds the context window|context window exceeds|exceeds the available context|input token count .{0,100}exceeds/i;
const openAiCodeOfTooLong = 'context_length_exceeded';
const anthropicWordsOfTooLong = 'prompt is too long';
/** The conversation may fit without so long an answer. */
const withAnswer = /maximum context length is (\d+).{0,200}\((\d+) in the messages, (\d+) in the completion\)/s;
/** An upstream's message may be of any length. */
const readCharacters = 2_000;

function isTooLong(status: number, { code, message }: SaidError): boolean {
  if (status !== 400 && status !== 413) return false;
  return code === openAiCodeOfTooLong || tooLong.test(message.slice(0, readCharacters));
}

/** The message of a conversation that is too long, as Anthropic's clients look for it. */
function inAnthropicWords(message: string): string {
  if (message.toLowerCase().includes(anthropicWordsOfTooLong)) return message;
  const [, limit = '', input = '', answer = ''] = withAnswer.exec(message.slice(0, readCharacters)) ?? [];
  const isAnswerTooLong = limit !== '' && Number(input) < Number(limit);
  const words = isAnswerTooLong
    ? `input length and \`max_tokens\` exceed context limit: ${input} + ${answer} > ${limit}`
    : anthropicWordsOfTooLong;
  return `${words}: ${message}`;
}

/**
 * An upstream's refusal in the envelope that the client's SDK expects; status and sentence stay. That a conversation is
 * too long is said as the client's agent looks for it.
 */
export function translateError(to: Dialect, status: number, body: JsonObject, requestId: string): JsonObject {
  const said = readError(body, status);
  const { message, type, code, param } = said;
  const isLong = isTooLong(status, said);
  switch (familyOf(to)) {
    case 'openai': {
      const shown = isLong ? openAiCodeOfTooLong : (code ?? type);
      return { error: { message, type: typeIn(openAiTypes, status, 'server_error'), param, code: shown } };
    }
    case 'gemini':
      return { error: { code: status, message, status: googleStatus(status) } };
    case 'ollama':
      return { error: message };
    default:
      return {
        type: 'error',
        error: isLong
          ? { type: 'invalid_request_error', message: inAnthropicWords(message) }
          : { type: typeIn(anthropicTypes, status, 'api_error'), message },
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
