import { familyOf } from '#shared/domain/dialect.ts';
import type { BuiltinReply, BuiltinTarget, Call } from '#proxy/call.ts';
import { parseInTurns } from '#proxy/body/parse-in-turns.ts';
import { type EchoPrompt, readAnthropicPrompt, readOpenAiPrompt } from './echo-prompt.ts';
import { answerInResponses } from './answer-in-responses.ts';
import { countTokens } from './echo-tokens.ts';
import { createPacer } from './pacer.ts';
import { type EchoAnswer, planAnswer } from './plan-answer.ts';
import { renderMessageReply, renderMessageStream } from './render-anthropic.ts';
import { renderEmbeddings } from './render-embeddings.ts';
import {
  type AnswerIdentity,
  renderChatReply,
  renderChatStream,
  renderCompletionReply,
  renderCompletionStream,
} from './render-openai.ts';

export interface EchoOptions {
  nowMs(): number;
  /** Runs `task` once after `delayMs` unless the returned function is called first. */
  after(delayMs: number, task: () => void): () => void;
}

/** The built-in model: no network, deterministic, in every dialect; a script in the prompt decides what happens. */
export function createEcho({ nowMs, after }: EchoOptions): BuiltinTarget {
  const pacer = createPacer(after);

  async function answer(call: Call, signal: AbortSignal): Promise<BuiltinReply> {
    if (call.dialect === 'openai-responses') return answerInResponses(call, (chat) => answer(chat, signal));
    const body = await parseInTurns(call.body);
    if (call.dialect === 'openai-embeddings') return jsonReply(200, renderEmbeddings(body));
    const prompt = familyOf(call.dialect) === 'anthropic' ? readAnthropicPrompt(body) : readOpenAiPrompt(body);
    if (call.dialect === 'anthropic-count-tokens')
      return jsonReply(200, { input_tokens: Math.max(1, countTokens(prompt.allText)) });
    const identity = { id: call.requestId.replace('req_', ''), createdSeconds: Math.floor(nowMs() / 1000) };
    let planned: EchoAnswer;
    try {
      planned = planAnswer(prompt);
    } catch (error) {
      return errorReply(
        call,
        400,
        'invalid_request_error',
        error instanceof Error ? error.message : 'The script cannot be read.',
      );
    }
    const { script } = planned;
    if (script.error)
      return errorReply(
        call,
        script.error.status,
        script.error.code,
        `Asked for by the script: ${script.error.status}.`,
      );
    if (!call.facts.isStream) return wholeReply(call, prompt, planned, identity, signal);
    const chunks = streamChunks(call, prompt, planned, identity);
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
      body: pacer.stream(chunks, planned, signal),
    };
  }

  async function wholeReply(
    call: Call,
    prompt: EchoPrompt,
    planned: EchoAnswer,
    identity: AnswerIdentity,
    signal: AbortSignal,
  ): Promise<BuiltinReply> {
    await pacer.beforeWhole(planned, signal);
    return jsonReply(200, renderWhole(call, prompt, planned, identity));
  }

  return { kind: 'builtin', name: 'corvus-echo', answer };
}

function streamChunks(call: Call, prompt: EchoPrompt, planned: EchoAnswer, identity: AnswerIdentity): Iterable<string> {
  if (call.dialect === 'anthropic-messages') return renderMessageStream(prompt, planned, identity);
  if (call.dialect === 'openai-completions') return renderCompletionStream(prompt, planned, identity);
  return renderChatStream(prompt, planned, identity, call.facts.asksForUsage);
}

function renderWhole(call: Call, prompt: EchoPrompt, planned: EchoAnswer, identity: AnswerIdentity): object {
  if (call.dialect === 'anthropic-messages') return renderMessageReply(prompt, planned, identity);
  return (call.dialect === 'openai-completions' ? renderCompletionReply : renderChatReply)(prompt, planned, identity);
}

function jsonReply(status: number, value: object): BuiltinReply {
  return { status, headers: { 'content-type': 'application/json' }, body: oneChunk(JSON.stringify(value)) };
}

async function* oneChunk(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** An upstream's error, in the format of an upstream of this family. */
function errorReply(call: Call, status: number, code: string | null, message: string): BuiltinReply {
  if (familyOf(call.dialect) === 'anthropic') {
    return jsonReply(status, {
      type: 'error',
      error: { type: code ?? anthropicErrorType(status), message },
      request_id: call.requestId,
    });
  }
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return jsonReply(status, { error: { message, type, param: null, code } });
}

function anthropicErrorType(status: number): string {
  const types: Readonly<Record<number, string>> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  };
  return types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}
