import { readMessagesUsage } from '../../dialects/anthropic-messages.ts';
import { createBlockIndex } from '../../dialects/block-index.ts';
import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import type { Usage } from '../../metering/usage.ts';
import type { AnswerEvent, AnswerReader, StopReason } from '../answer.ts';
import { idPart, madeCallId } from '../made-call-id.ts';
import type { ModelState } from '../model-state.ts';
import { ownMember } from '../../own-member.ts';

const stops: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  stop_sequence: 'stop-sequence',
  tool_use: 'tools',
  refusal: 'refused',
  pause_turn: 'paused',
};

/** A stream of Messages events. */
export function createMessagesAnswerReader(): AnswerReader {
  let usage: Usage | null = null;
  let stop: StopReason = 'end';
  let stopSequence: string | null = null;
  let answerId: string | null = null;
  const indexOf = createBlockIndex();
  const blocks = createBlockReader(() => answerId);
  const state = createThinkingReader();

  return {
    event(event) {
      const index = indexOf(event);
      const delta = asObject(event['delta']);
      switch (event['type']) {
        case 'message_start': {
          const message = asObject(event['message']);
          usage = readMessagesUsage(message?.['usage'], usage);
          answerId = idPart(message?.['id']);
          return [{ kind: 'start', model: asText(message?.['model']), usage }];
        }
        case 'content_block_start':
          state.start(index, asObject(event['content_block']) ?? {});
          return blocks.start(index, asObject(event['content_block']) ?? {});
        case 'content_block_delta':
          state.piece(index, delta);
          return blocks.delta(index, delta);
        case 'content_block_stop':
          return blocks.end(index);
        case 'message_delta':
          usage = readMessagesUsage(event['usage'], usage);
          stop = ownMember(stops, asText(delta?.['stop_reason']) ?? '') ?? stop;
          stopSequence = asText(delta?.['stop_sequence']) ?? stopSequence;
          return [];
        case 'message_stop':
          return [...blocks.endAll(), { kind: 'end', ending: { stop, stopSequence, usage } }];
        default:
          return [];
      }
    },
    end: () => [],
    state: state.state,
  };
}

/** Text, thoughts and calls of one stream, block by block. */
function createBlockReader(answerId: () => string | null) {
  /** Calls in progress, with the arguments that have not come in pieces; null where any have. */
  const calls = new Map<number, JsonObject | null>();

  function start(index: number, block: JsonObject): AnswerEvent[] {
    if (block['type'] === 'tool_use') {
      // A whole reply has them here, a stream sends them in pieces; some servers do both.
      calls.set(index, asObject(block['input']) ?? {});
      const id = asText(block['id']) ?? madeCallId(answerId(), index);
      return [{ kind: 'call', index, id, name: asText(block['name']) ?? '', isCustom: false }];
    }
    return [...textEvents('text', block['text']), ...textEvents('reasoning', block['thinking'])];
  }

  function piece(index: number, part: JsonObject | null): AnswerEvent[] {
    const json = asText(part?.['partial_json']);
    if (json === null) return [...textEvents('text', part?.['text']), ...textEvents('reasoning', part?.['thinking'])];
    calls.set(index, null);
    return [{ kind: 'arguments', index, text: json }];
  }

  function end(index: number): AnswerEvent[] {
    const whole = calls.get(index);
    if (whole === undefined) return [{ kind: 'break' }];
    calls.delete(index);
    // A tool without parameters is called with an empty text; elsewhere that would be invalid JSON.
    const rest: AnswerEvent[] = whole ? [{ kind: 'arguments', index, text: JSON.stringify(whole) }] : [];
    return [...rest, { kind: 'call-end', index }];
  }

  /** Some servers do not say that a block ends. */
  const endAll = (): AnswerEvent[] => [...calls.keys()].flatMap(end);

  return { start, delta: piece, end, endAll };
}

function textEvents(kind: 'text' | 'reasoning', value: unknown): AnswerEvent[] {
  const text = asText(value);
  return text === null ? [] : [{ kind, text }];
}

/** The events that a whole message could have come in. */
export function messagesReplyEvents(reply: JsonObject): JsonObject[] {
  const blocks = asArray(reply['content']).flatMap((block, index) => [
    { type: 'content_block_start', index, content_block: block },
    { type: 'content_block_stop', index },
  ]);
  return [
    { type: 'message_start', message: reply },
    ...blocks,
    { type: 'message_delta', delta: reply, usage: reply['usage'] },
    { type: 'message_stop' },
  ];
}

/** Collects the signed thinking of a Messages answer. */
interface ThinkingReader {
  start(index: number, block: JsonObject): void;
  piece(index: number, delta: JsonObject | null): void;
  state(): ModelState | null;
}

function createThinkingReader(): ThinkingReader {
  const blocks = new Map<number, JsonObject>();
  return {
    start(index, block) {
      if (block['type'] === 'thinking' || block['type'] === 'redacted_thinking') blocks.set(index, block);
    },
    piece(index, delta) {
      const block = blocks.get(index);
      if (!block || !delta) return;
      const joined = ['thinking', 'signature'].flatMap((name) => {
        const text = asText(delta[name]);
        return text === null ? [] : [[name, `${asText(block[name]) ?? ''}${text}`]];
      });
      blocks.set(index, { ...block, ...Object.fromEntries(joined) });
    },
    state() {
      // A thought is only accepted back with its signature.
      const signed = [...blocks.values()].filter(
        (block) => asText(block['signature']) !== null || asText(block['data']) !== null,
      );
      return signed.length === 0 ? null : { dialect: 'anthropic-messages', blocks: signed };
    },
  };
}
