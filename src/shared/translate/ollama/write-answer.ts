import { asObject, asText, type JsonObject, parseExactJson } from '../../dialects/json-value.ts';
import type { Answer, AnswerBlock, AnswerEvent, AnswerWriter, Ending } from '../answer.ts';
import { said } from '../report.ts';
import { sequenceBlocks } from '../sequence-blocks.ts';
import type { ReplyContext } from '../translation.ts';
import { ollamaUsage } from '../usage.ts';

/** What one endpoint calls the content of an answer. */
type Shape = (content: Content) => JsonObject;

interface Content {
  text: string;
  thinking: string | null;
  calls: readonly JsonObject[];
}

const none: Content = { text: '', thinking: null, calls: [] };

export const chatShape: Shape = ({ text, thinking, calls }) => ({
  message: {
    role: 'assistant',
    content: text,
    ...said({ thinking }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  },
});
/** One question has no tools. */
export const generateShape: Shape = ({ text, thinking }) => ({ response: text, ...said({ thinking }) });

export function writeOllamaReply(shape: Shape): (answer: Answer, context: ReplyContext) => JsonObject {
  return ({ model, blocks, ending }, context) => {
    const thinking = textIn(blocks, 'reasoning');
    const text = textIn(blocks, 'text') + textIn(blocks, 'refusal');
    const calls = blocks.flatMap((block, index) => (block.kind === 'call' ? [writeCall(block, index)] : []));
    return { ...envelope(model, context), ...shape({ text, thinking: thinking || null, calls }), ...endOf(ending) };
  };
}

/** A stream of objects. Text comes in pieces; a call is written once it is whole. */
export function createOllamaAnswerWriter(shape: Shape): (context: ReplyContext) => AnswerWriter {
  return (context) => {
    let model: string | null = null;
    const line = (content: Content, more: JsonObject = { done: false }): string =>
      `data: ${JSON.stringify({ ...envelope(model, context), ...shape(content), ...more })}\n\n`;
    const sequence = sequenceBlocks({
      open: () => '',
      delta(block, text) {
        if (block.kind === 'call') return '';
        return line(block.kind === 'reasoning' ? { ...none, thinking: text } : { ...none, text });
      },
      close: (block, whole) =>
        block.kind === 'call' ? line({ ...none, calls: [writeCall({ ...block, arguments: whole }, block.index)] }) : '',
    });

    function take(event: AnswerEvent): string {
      if (event.kind === 'start') model = event.model;
      if (event.kind === 'end') return sequence.closeAll() + line(none, endOf(event.ending));
      return sequence.take(event);
    }

    return { take };
  };
}

/** The client's own name of the model: tools look up what they asked for. */
function envelope(model: string | null, { request, createdSeconds }: ReplyContext): JsonObject {
  return { model: asText(request['model']) ?? model ?? '', created_at: new Date(createdSeconds * 1000).toISOString() };
}

function endOf({ stop, usage }: Ending): JsonObject {
  return { done: true, done_reason: stop === 'length' ? 'length' : 'stop', ...(usage ? ollamaUsage(usage) : {}) };
}

function textIn(blocks: readonly AnswerBlock[], kind: 'text' | 'refusal' | 'reasoning'): string {
  return blocks.map((block) => (block.kind === kind ? block.text : '')).join('');
}

function writeCall({ id, name, arguments: text }: AnswerBlock & { kind: 'call' }, index: number): JsonObject {
  const value = text.trim() === '' ? {} : parseExactJson(text);
  return { id, function: { index, name, arguments: asObject(value) ?? { input: value ?? text } } };
}
