import { outputTokens, type Usage } from '#shared/metering/usage.ts';
import type { EchoPrompt } from './echo-prompt.ts';
import type { EchoAnswer } from './plan-answer.ts';
import { type AnswerIdentity, jsonPieces } from './render-openai.ts';

const signature = 'Y29ydnVzLWVjaG8=';

function messageEvent(value: { type: string; [member: string]: unknown }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

/** Counts as Anthropic reports them: the four kinds of input side by side, thinking within the output. */
function messageUsage(usage: Usage, output: number): object {
  return {
    input_tokens: usage.freshInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: output,
    output_tokens_details: output === 0 ? null : { thinking_tokens: usage.outputReasoning },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: 'standard',
  };
}

function stopReason(answer: EchoAnswer): string {
  if (answer.script.finishReason !== null) return answer.script.finishReason;
  return { stop: 'end_turn', 'stop-sequence': 'stop_sequence', length: 'max_tokens', tools: 'tool_use' }[answer.finish];
}

type Block =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'text'; text: string; citations: null }
  | { type: 'tool_use'; id: string; name: string; input: object; caller: { type: 'direct' } };

function blocksOf(prompt: EchoPrompt, answer: EchoAnswer, identity: AnswerIdentity): Block[] {
  const blocks: Block[] = [];
  if (prompt.wantsThinking && answer.thinking !== null)
    blocks.push({ type: 'thinking', thinking: answer.thinking, signature });
  const text = answer.textPieces.join('');
  if (text !== '') blocks.push({ type: 'text', text, citations: null });
  for (const [index, tool] of answer.tools.entries()) {
    const id = `toolu_${identity.id.slice(-20)}${index}`;
    blocks.push({ type: 'tool_use', id, name: tool.name, input: tool.input, caller: { type: 'direct' } });
  }
  return blocks;
}

function messageOf(
  prompt: EchoPrompt,
  identity: AnswerIdentity,
  parts: { content: Block[]; stopReason: string | null; stopSequence: string | null; usage: object },
): object {
  return {
    id: `msg_${identity.id}`,
    type: 'message',
    role: 'assistant',
    model: prompt.model,
    content: parts.content,
    stop_reason: parts.stopReason,
    stop_sequence: parts.stopSequence,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: parts.usage,
  };
}

/** A whole message. */
export function renderMessageReply(prompt: EchoPrompt, answer: EchoAnswer, identity: AnswerIdentity): object {
  const message = messageOf(prompt, identity, {
    content: blocksOf(prompt, answer, identity),
    stopReason: stopReason(answer),
    stopSequence: answer.stopSequence,
    usage: messageUsage(answer.usage, outputTokens(answer.usage)),
  });
  return answer.script.hidesUsage ? { ...message, usage: undefined } : message;
}

/** A message as a stream, in Anthropic's order: start, ping, blocks one after another, delta, stop. */
export function* renderMessageStream(
  prompt: EchoPrompt,
  answer: EchoAnswer,
  identity: AnswerIdentity,
): Generator<string> {
  const start = messageOf(prompt, identity, {
    content: [],
    stopReason: null,
    stopSequence: null,
    usage: messageUsage(answer.usage, 0),
  });
  yield messageEvent({
    type: 'message_start',
    message: answer.script.hidesUsage ? { ...start, usage: undefined } : start,
  });
  yield messageEvent({ type: 'ping' });
  for (const [index, block] of blocksOf(prompt, answer, identity).entries()) {
    yield messageEvent({ type: 'content_block_start', index, content_block: emptyBlock(block) });
    for (const delta of blockDeltas(block, answer)) yield messageEvent({ type: 'content_block_delta', index, delta });
    yield messageEvent({ type: 'content_block_stop', index });
  }
  yield messageEvent({
    type: 'message_delta',
    delta: { stop_reason: stopReason(answer), stop_sequence: answer.stopSequence, stop_details: null, container: null },
    ...(answer.script.hidesUsage ? {} : { usage: deltaUsage(answer.usage) }),
  });
  yield messageEvent({ type: 'message_stop' });
}

function emptyBlock(block: Block): object {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function* blockDeltas(block: Block, answer: EchoAnswer): Generator<object> {
  if (block.type === 'thinking') {
    yield { type: 'thinking_delta', thinking: block.thinking };
    yield { type: 'signature_delta', signature: block.signature };
  } else if (block.type === 'text') {
    for (const text of answer.textPieces) yield { type: 'text_delta', text };
  } else {
    for (const piece of jsonPieces({ name: block.name, input: { ...block.input } }))
      yield { type: 'input_json_delta', partial_json: piece };
  }
}

function deltaUsage(usage: Usage): object {
  return {
    input_tokens: usage.freshInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: outputTokens(usage),
    output_tokens_details: { thinking_tokens: usage.outputReasoning },
    server_tool_use: null,
  };
}
