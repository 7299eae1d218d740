import { inputTokens, outputTokens, type Usage } from '#shared/metering/usage.ts';
import type { EchoPrompt } from './echo-prompt.ts';
import type { EchoToolCall } from './echo-script.ts';
import type { EchoAnswer } from './plan-answer.ts';

/** What identifies one answer. */
export interface AnswerIdentity {
  id: string;
  createdSeconds: number;
}

const doneEvent = 'data: [DONE]\n\n';
const fingerprint = 'fp_corvus_echo';
const argumentPieceCharacters = 12;

function dataEvent(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** Counts as OpenAI includes them: cached and written tokens within the prompt, reasoning within the completion. */
function openAiUsage(usage: Usage): object {
  const prompt = inputTokens(usage);
  const completion = outputTokens(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
      audio_tokens: usage.audioInput,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.outputReasoning,
      audio_tokens: usage.outputAudio,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function finishReason(answer: EchoAnswer): string {
  if (answer.script.finishReason !== null) return answer.script.finishReason;
  return { stop: 'stop', 'stop-sequence': 'stop', length: 'length', tools: 'tool_calls' }[answer.finish];
}

function toolCallId(identity: AnswerIdentity, choice: number, index: number): string {
  return `call_${identity.id.slice(-16)}${choice}${index}`;
}

function toolCall(tool: EchoToolCall, id: string) {
  return { id, type: 'function', function: { name: tool.name, arguments: JSON.stringify(tool.input) } };
}

/** A whole chat completion. */
export function renderChatReply(prompt: EchoPrompt, answer: EchoAnswer, identity: AnswerIdentity): object {
  const text = answer.textPieces.join('');
  const choices = Array.from({ length: prompt.choices }, (_, index) => ({
    index,
    message: {
      role: 'assistant',
      content: text === '' && answer.tools.length > 0 ? null : text,
      refusal: null,
      annotations: [],
      ...(answer.tools.length > 0
        ? { tool_calls: answer.tools.map((tool, toolIndex) => toolCall(tool, toolCallId(identity, index, toolIndex))) }
        : {}),
    },
    logprobs: null,
    finish_reason: finishReason(answer),
  }));
  return {
    id: `chatcmpl-${identity.id}`,
    object: 'chat.completion',
    created: identity.createdSeconds,
    model: prompt.model,
    choices,
    ...(answer.script.hidesUsage ? {} : { usage: openAiUsage(answer.usage) }),
    service_tier: 'default',
    system_fingerprint: fingerprint,
  };
}

/**
 * A chat completion as a stream: role, text or tool pieces, finish, usage, the marker. Usage is always reported at the
 * end, because the service bills by it; the engine hides it from a client that did not ask.
 */
export function* renderChatStream(
  prompt: EchoPrompt,
  answer: EchoAnswer,
  identity: AnswerIdentity,
  asksForUsage: boolean,
): Generator<string> {
  const head = {
    id: `chatcmpl-${identity.id}`,
    object: 'chat.completion.chunk',
    created: identity.createdSeconds,
    model: prompt.model,
    service_tier: 'default',
    system_fingerprint: fingerprint,
  };
  const reportsUsage = asksForUsage && !answer.script.hidesUsage;
  const chunk = (index: number, delta: object, finish: string | null = null) =>
    dataEvent({
      ...head,
      choices: [{ index, delta, logprobs: null, finish_reason: finish }],
      ...(reportsUsage ? { usage: null } : {}),
    });
  for (let choice = 0; choice < prompt.choices; choice += 1) {
    yield chunk(choice, { role: 'assistant', content: answer.tools.length > 0 ? null : '', refusal: null });
    for (const piece of answer.textPieces) yield chunk(choice, { content: piece });
    for (const [index, tool] of answer.tools.entries()) {
      for (const delta of toolDeltas(tool, index, toolCallId(identity, choice, index))) yield chunk(choice, delta);
    }
    yield chunk(choice, {}, finishReason(answer));
  }
  if (!answer.script.hidesUsage) yield dataEvent({ ...head, choices: [], usage: openAiUsage(answer.usage) });
  yield doneEvent;
}

function* toolDeltas(tool: EchoToolCall, index: number, id: string): Generator<object> {
  yield { tool_calls: [{ index, id, type: 'function', function: { name: tool.name, arguments: '' } }] };
  for (const piece of jsonPieces(tool)) yield { tool_calls: [{ index, function: { arguments: piece } }] };
}

/** A tool's arguments in the pieces a stream carries them in. */
export function jsonPieces(tool: EchoToolCall): string[] {
  const json = JSON.stringify(tool.input);
  const pieces: string[] = [];
  for (let start = 0; start < json.length; start += argumentPieceCharacters)
    pieces.push(json.slice(start, start + argumentPieceCharacters));
  return pieces;
}

function completionHead(prompt: EchoPrompt, identity: AnswerIdentity) {
  return {
    id: `cmpl-${identity.id}`,
    object: 'text_completion',
    created: identity.createdSeconds,
    model: prompt.model,
    system_fingerprint: fingerprint,
  };
}

export function renderCompletionReply(prompt: EchoPrompt, answer: EchoAnswer, identity: AnswerIdentity): object {
  const choices = Array.from({ length: prompt.choices }, (_, index) => ({
    text: answer.textPieces.join(''),
    index,
    logprobs: null,
    finish_reason: finishReason(answer),
  }));
  return {
    ...completionHead(prompt, identity),
    choices,
    ...(answer.script.hidesUsage ? {} : { usage: openAiUsage(answer.usage) }),
  };
}

export function* renderCompletionStream(
  prompt: EchoPrompt,
  answer: EchoAnswer,
  identity: AnswerIdentity,
): Generator<string> {
  const head = completionHead(prompt, identity);
  for (let index = 0; index < prompt.choices; index += 1) {
    for (const text of answer.textPieces)
      yield dataEvent({ ...head, choices: [{ text, index, logprobs: null, finish_reason: null }] });
    yield dataEvent({ ...head, choices: [{ text: '', index, logprobs: null, finish_reason: finishReason(answer) }] });
  }
  if (!answer.script.hidesUsage) yield dataEvent({ ...head, choices: [], usage: openAiUsage(answer.usage) });
  yield doneEvent;
}
