import { asObject, asText, type JsonObject, parseExactJson } from '../../dialects/json-value.ts';
import type { Answer, AnswerBlock, AnswerEvent, AnswerWriter, Ending } from '../answer.ts';
import { sequenceBlocks } from '../sequence-blocks.ts';
import type { ReplyContext } from '../translation.ts';
import { geminiUsage } from '../usage.ts';
import { wantsThoughts } from './thinking.ts';

const finishReasons: Readonly<Record<Ending['stop'], string>> = {
  end: 'STOP',
  length: 'MAX_TOKENS',
  tools: 'STOP',
  'stop-sequence': 'STOP',
  filtered: 'SAFETY',
  refused: 'SAFETY',
  paused: 'STOP',
};

/** A `generateContent` reply. */
export function writeGeminiReply({ model, blocks, ending }: Answer, context: ReplyContext): JsonObject {
  const hidesThoughts = !wantsThoughts(context.request);
  const parts = blocks.filter(({ kind }) => kind !== 'reasoning' || !hidesThoughts).map(partOf);
  return reply(parts.length === 0 ? [{ text: '' }] : parts, model, context, ending);
}

/** A stream of replies. Text comes in pieces; a call is written once it is whole. */
export function createGeminiAnswerWriter(context: ReplyContext): AnswerWriter {
  const hidesThoughts = !wantsThoughts(context.request);
  let model: string | null = null;
  const line = (parts: readonly JsonObject[], ending: Ending | null = null): string =>
    `data: ${JSON.stringify(reply(parts, model, context, ending))}\n\n`;
  const sequence = sequenceBlocks({
    open: () => '',
    delta: (block, text) => (block.kind === 'call' ? '' : piece(block.kind, text)),
    close: (block, whole) => (block.kind === 'call' ? line([partOf({ ...block, arguments: whole })]) : ''),
  });

  function piece(kind: 'text' | 'refusal' | 'reasoning', text: string): string {
    return kind === 'reasoning' && hidesThoughts ? '' : line([partOf({ kind, text })]);
  }

  function take(event: AnswerEvent): string {
    if (event.kind === 'start') model = event.model;
    if (event.kind === 'end') return sequence.closeAll() + line([{ text: '' }], event.ending);
    return sequence.take(event);
  }

  return { take };
}

function reply(
  parts: readonly JsonObject[],
  model: string | null,
  context: ReplyContext,
  ending: Ending | null,
): JsonObject {
  const finish = ending ? { finishReason: finishReasons[ending.stop] } : {};
  return {
    candidates: [{ content: { parts, role: 'model' }, ...finish, index: 0 }],
    ...(ending?.usage ? { usageMetadata: geminiUsage(ending.usage) } : {}),
    modelVersion: model ?? asText(context.request['model']) ?? '',
    responseId: context.requestId,
  };
}

function partOf(block: AnswerBlock): JsonObject {
  if (block.kind !== 'call')
    return block.kind === 'reasoning' ? { text: block.text, thought: true } : { text: block.text };
  const { id, name, arguments: text } = block;
  return { functionCall: { id, name, args: argsOf(text) } };
}

/** Only an object can be written here. */
function argsOf(text: string): JsonObject {
  if (text.trim() === '') return {};
  const value = parseExactJson(text);
  return asObject(value) ?? { input: value ?? text };
}
