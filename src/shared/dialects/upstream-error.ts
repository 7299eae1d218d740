import { type Dialect, type DialectFamily, familyOf } from '../domain/dialect.ts';
import type { SaidError } from '../errors.ts';
import { anthropicType, googleStatus, openAiType } from './error-names.ts';
import { asObject, asText, type JsonObject } from './json-value.ts';

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
  return upstreamErrorBody(familyOf(to), status, readError(body, status), requestId);
}

/** The same for an error that has been read. */
export function upstreamErrorBody(
  family: DialectFamily,
  status: number,
  said: SaidError,
  requestId: string,
): JsonObject {
  const { message, type, code, param } = said;
  const isLong = isTooLong(status, said);
  switch (family) {
    case 'openai':
      return {
        error: { message, type: openAiType(status), param, code: isLong ? openAiCodeOfTooLong : (code ?? type) },
      };
    case 'gemini':
      return { error: { code: status, message, status: googleStatus(status) } };
    case 'ollama':
      return { error: message };
    default:
      return {
        type: 'error',
        error: isLong
          ? { type: 'invalid_request_error', message: inAnthropicWords(message) }
          : { type: anthropicType(status), message },
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
