import { namedEvent } from '../../dialects/forms/answer-form.ts';
import { asObject, type JsonObject, parseExactJson } from '../../dialects/json-value.ts';
import { makeUsage, type Usage } from '../../metering/usage.ts';
import type { Answer, AnswerBlock, AnswerEvent, AnswerWriter, Ending } from '../answer.ts';
import { wrapCustomInput } from '../custom-tools.ts';
import { type OpenBlock, sequenceBlocks } from '../sequence-blocks.ts';
import type { ReplyContext } from '../translation.ts';
import { messagesUsage } from '../usage.ts';

const stopReasons: Readonly<Record<Ending['stop'], string>> = {
  end: 'end_turn',
  length: 'max_tokens',
  tools: 'tool_use',
  'stop-sequence': 'stop_sequence',
  filtered: 'refusal',
  refused: 'refusal',
  paused: 'pause_turn',
};

/** The model itself calls a tool, and no other tool does. */
const direct = { type: 'direct' };

/** A message. Its thinking has no signature here: only Anthropic signs. */
export function writeMessagesReply({ model, blocks, ending }: Answer, context: ReplyContext): JsonObject {
  return {
    ...envelope(model, context),
    content: blocks.map(writeBlock),
    stop_reason: stopReasonOf(ending, blocks),
    stop_sequence: ending.stopSequence,
    usage: messagesUsage(ending.usage ?? makeUsage({})),
  };
}

/** Messages events: blocks one after the other, each opened and closed. */
export function createMessagesAnswerWriter(context: ReplyContext): AnswerWriter {
  const sequence = sequenceBlocks({
    open: (block) => namedEvent({ type: 'content_block_start', index: block.index, content_block: startOf(block) }),
    delta: (block, text) =>
      isCustomCall(block)
        ? ''
        : namedEvent({ type: 'content_block_delta', index: block.index, delta: deltaOf(block, text) }),
    close: closeBlock,
  });
  let hasStarted = false;

  function start(model: string | null, usage: Usage | null): string {
    if (hasStarted) return '';
    hasStarted = true;
    const message = { ...envelope(model, context), content: [], stop_reason: null, stop_sequence: null };
    return namedEvent({ type: 'message_start', message: { ...message, usage: messagesUsage(usage ?? makeUsage({})) } });
  }

  function end(ending: Ending): string {
    const blocks = sequence.closeAll();
    const delta = { stop_reason: stopReasonOf(ending, sequence.blocks()), stop_sequence: ending.stopSequence };
    const usage = messagesUsage(ending.usage ?? makeUsage({}));
    return blocks + namedEvent({ type: 'message_delta', delta, usage }) + namedEvent({ type: 'message_stop' });
  }

  function take(event: AnswerEvent): string {
    if (event.kind === 'start') return start(event.model, event.usage);
    const opening = start(null, null);
    return opening + (event.kind === 'end' ? end(event.ending) : sequence.take(event));
  }

  return { take };
}

/** Bare text is wrapped as a whole: half of it would be invalid JSON. */
function closeBlock(block: OpenBlock, whole: string): string {
  const text = isCustomCall(block)
    ? namedEvent({
        type: 'content_block_delta',
        index: block.index,
        delta: { type: 'input_json_delta', partial_json: wrapCustomInput(whole) },
      })
    : '';
  return text + namedEvent({ type: 'content_block_stop', index: block.index });
}

function isCustomCall(block: OpenBlock): boolean {
  return block.kind === 'call' && block.isCustom;
}

function startOf(block: OpenBlock): JsonObject {
  if (block.kind === 'call') return { type: 'tool_use', id: block.id, caller: direct, name: block.name, input: {} };
  return block.kind === 'reasoning'
    ? { type: 'thinking', thinking: '', signature: '' }
    : { type: 'text', text: '', citations: null };
}

function deltaOf(block: OpenBlock, text: string): JsonObject {
  if (block.kind === 'call') return { type: 'input_json_delta', partial_json: text };
  return block.kind === 'reasoning' ? { type: 'thinking_delta', thinking: text } : { type: 'text_delta', text };
}

function writeBlock(block: AnswerBlock): JsonObject {
  if (block.kind === 'reasoning') return { type: 'thinking', thinking: block.text, signature: '' };
  if (block.kind !== 'call') return { type: 'text', text: block.text, citations: null };
  const text = block.isCustom ? wrapCustomInput(block.arguments) : block.arguments;
  return {
    type: 'tool_use',
    id: block.id,
    caller: direct,
    name: block.name,
    input: asObject(parseExactJson(text)) ?? {},
  };
}

function stopReasonOf({ stop }: Ending, blocks: readonly AnswerBlock[]): string {
  if (stop === 'end' && blocks.some(({ kind }) => kind === 'refusal')) return 'refusal';
  return stopReasons[stop];
}

function envelope(model: string | null, { request, requestId }: ReplyContext): JsonObject {
  const said = { id: `msg_${requestId}`, type: 'message', role: 'assistant', model: model ?? request['model'] };
  // Newer clients expect these members even when they are empty.
  return { ...said, container: null, diagnostics: null, stop_details: null };
}
