import { createBlockIndex } from '../block-index.ts';
import { asArray, asObject, asText, type JsonObject, parseExactJson } from '../json-value.ts';
import { type AnswerCollector, type AnswerForm, namedEvent } from './answer-form.ts';
import { type Growing, mergeDelta } from './merge-delta.ts';

/** Messages: blocks one after the other, each begun, continued and ended. */
export const messagesForm: AnswerForm = {
  endsWithMarker: false,
  collect: collectMessage,
  asStream(message) {
    const { content, stop_reason: stopReason, stop_sequence: stopSequence, usage } = message;
    const counted = asObject(usage);
    const started = { ...message, content: [], stop_reason: null, stop_sequence: null };
    const begun = counted ? { ...started, usage: { ...counted, output_tokens: 0 } } : started;
    const delta = { stop_reason: stopReason ?? null, stop_sequence: stopSequence ?? null };
    return (
      namedEvent({ type: 'message_start', message: begun }) +
      asArray(content)
        .map((block, index) => blockEvents(asObject(block) ?? {}, index))
        .join('') +
      namedEvent({ type: 'message_delta', delta, ...(counted ? { usage } : {}) }) +
      namedEvent({ type: 'message_stop' })
    );
  },
};

/** Members of a block that come in pieces, by the piece's type. */
const pieces = { text: 'text_delta', thinking: 'thinking_delta', signature: 'signature_delta' } as const;

function blockEvents(block: JsonObject, index: number): string {
  const begun: Growing = { ...block };
  const deltas: JsonObject[] = [];
  for (const [member, type] of Object.entries(pieces)) {
    const text = asText(block[member]);
    if (text === null) continue;
    begun[member] = '';
    deltas.push({ type, [member]: text });
  }
  if (isCall(block)) {
    begun['input'] = {};
    deltas.push({ type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) });
  }
  const citations = asArray(block['citations']);
  if (citations.length > 0) begun['citations'] = [];
  deltas.push(...citations.map((citation) => ({ type: 'citations_delta', citation })));
  return (
    namedEvent({ type: 'content_block_start', index, content_block: begun }) +
    deltas.map((delta) => namedEvent({ type: 'content_block_delta', index, delta })).join('') +
    namedEvent({ type: 'content_block_stop', index })
  );
}

function isCall(block: JsonObject): boolean {
  return /(^|_)tool_use$/.test(asText(block['type']) ?? '');
}

interface GrowingBlock {
  members: Growing;
  /** The JSON text of its input. */
  input: string;
  citations: unknown[];
}

function collectMessage(): AnswerCollector {
  let message: JsonObject | null = null;
  let ending: JsonObject = {};
  let usage: JsonObject | null = null;
  const blocks = new Map<number, GrowingBlock>();
  const indexOf = createBlockIndex();

  function blockAt(index: number): GrowingBlock {
    const block = blocks.get(index) ?? { members: {}, input: '', citations: [] };
    blocks.set(index, block);
    return block;
  }

  return {
    take(event) {
      const index = indexOf(event);
      const delta = asObject(event['delta']) ?? {};
      switch (event['type']) {
        case 'message_start':
          message = asObject(event['message']);
          usage = laterUsage(usage, message?.['usage']);
          return;
        case 'content_block_start':
          return mergeDelta(blockAt(index).members, asObject(event['content_block']) ?? {});
        case 'content_block_delta':
          return takeDelta(blockAt(index), delta);
        case 'message_delta':
          ending = { ...ending, ...delta };
          usage = laterUsage(usage, event['usage']);
          return;
        default:
          return;
      }
    },
    whole() {
      if (!message && blocks.size === 0) return null;
      const content = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => wholeBlock(block));
      return { type: 'message', role: 'assistant', ...message, content, ...ending, ...(usage ? { usage } : {}) };
    },
  };
}

function takeDelta(block: GrowingBlock, { type, ...piece }: JsonObject): void {
  if (type === 'input_json_delta') block.input += asText(piece['partial_json']) ?? '';
  else if (type === 'citations_delta') block.citations.push(piece['citation']);
  else mergeDelta(block.members, piece);
}

function wholeBlock({ members, input, citations }: GrowingBlock): JsonObject {
  const known = asArray(members['citations']);
  return {
    ...members,
    ...(input === '' ? {} : { input: parseExactJson(input) ?? {} }),
    ...(citations.length === 0 ? {} : { citations: [...known, ...citations] }),
  };
}

/** The end of a stream repeats some counts of its beginning; where it says nothing, or zero, the beginning holds. */
function laterUsage(known: JsonObject | null, value: unknown): JsonObject | null {
  const usage = asObject(value);
  if (!usage) return known;
  const said = Object.entries(usage).filter(
    ([name, count]) => count !== null && (count !== 0 || known?.[name] === undefined),
  );
  return { ...known, ...Object.fromEntries(said) };
}
