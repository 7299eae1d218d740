import type { JsonObject } from '../../dialects/json-value.ts';
import type { Answer, AnswerBlock, AnswerEvent, AnswerWriter, Ending } from '../answer.ts';
import { said } from '../report.ts';
import type { ReplyContext } from '../translation.ts';
import { chatUsage } from '../usage.ts';

const finishReasons: Readonly<Record<Ending['stop'], string>> = {
  end: 'stop',
  length: 'length',
  tools: 'tool_calls',
  'stop-sequence': 'stop',
  filtered: 'content_filter',
  refused: 'content_filter',
  paused: 'stop',
};

/** A chat completion. */
export function writeChatReply({ model, blocks, ending }: Answer, context: ReplyContext): JsonObject {
  const calls = blocks.filter((block) => block.kind === 'call');
  const message = {
    role: 'assistant',
    content: textIn(blocks, 'text'),
    refusal: textIn(blocks, 'refusal'),
    ...said({ reasoning_content: textIn(blocks, 'reasoning') }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeCall) }),
  };
  return {
    ...envelope('chat.completion', model, context),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[ending.stop] }],
    ...(ending.usage ? { usage: chatUsage(ending.usage) } : {}),
  };
}

/** Chat completion chunks. Calls may progress together here, so every piece is written as it comes. */
export function createChatAnswerWriter(context: ReplyContext, asksForUsage: boolean): AnswerWriter {
  let model: string | null = null;
  const positions = new Map<number, number>();
  const custom = new Set<number>();

  const chunk = (delta: JsonObject, finishReason: string | null = null): string =>
    line({
      ...envelope('chat.completion.chunk', model, context),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(asksForUsage ? { usage: null } : {}),
    });

  function positionOf(index: number): number {
    const position = positions.get(index) ?? positions.size;
    positions.set(index, position);
    return position;
  }

  function end({ stop, usage }: Ending): string {
    const last = chunk({}, finishReasons[stop]);
    const counted =
      asksForUsage && usage
        ? line({ ...envelope('chat.completion.chunk', model, context), choices: [], usage: chatUsage(usage) })
        : '';
    return `${last}${counted}data: [DONE]\n\n`;
  }

  function take(event: AnswerEvent): string {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return chunk({ role: 'assistant', content: '' });
      case 'text':
        return chunk({ content: event.text });
      case 'refusal':
        return chunk({ refusal: event.text });
      case 'reasoning':
        return chunk({ reasoning_content: event.text });
      case 'call': {
        const index = positionOf(event.index);
        const { id, name } = event;
        if (event.isCustom) custom.add(event.index);
        const named = event.isCustom
          ? { type: 'custom', custom: { name, input: '' } }
          : { type: 'function', function: { name, arguments: '' } };
        return chunk({ tool_calls: [{ index, id, ...named }] });
      }
      case 'arguments':
        return chunk({
          tool_calls: [{ index: positionOf(event.index), ...piece(event.text, custom.has(event.index)) }],
        });
      case 'end':
        return end(event.ending);
      default:
        return '';
    }
  }

  return { take };
}

function piece(text: string, isCustom: boolean): JsonObject {
  return isCustom ? { custom: { input: text } } : { function: { arguments: text } };
}

function envelope(
  object: string,
  model: string | null,
  { request, requestId, createdSeconds }: ReplyContext,
): JsonObject {
  return { id: `chatcmpl-${requestId}`, object, created: createdSeconds, model: model ?? request['model'] };
}

function line(value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function textIn(blocks: readonly AnswerBlock[], kind: 'text' | 'refusal' | 'reasoning'): string | null {
  const texts = blocks.flatMap((block) => (block.kind === kind ? [block.text] : []));
  return texts.length === 0 ? null : texts.join('');
}

function writeCall(block: AnswerBlock & { kind: 'call' }): JsonObject {
  const { id, name } = block;
  if (block.isCustom) return { id, type: 'custom', custom: { name, input: block.arguments } };
  return { id, type: 'function', function: { name, arguments: block.arguments } };
}
