import { asArray, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import { createItemIndex } from '../../dialects/item-index.ts';
import { readResponsesUsage } from '../../dialects/openai-usage.ts';
import type { AnswerEvent, AnswerReader, Ending, StopReason } from '../answer.ts';
import { idPart, madeCallId } from '../made-call-id.ts';
import type { ModelState } from '../model-state.ts';
import { ownMember } from '../../own-member.ts';

const textKinds: Readonly<Record<string, 'text' | 'refusal' | 'reasoning'>> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'refusal',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.reasoning_text.delta': 'reasoning',
};

/** A thought is a list of summaries, each with its heading; elsewhere it is one text. */
const betweenSummaries = '\n\n';

/** A stream of Responses events. */
export function createResponsesAnswerReader(): AnswerReader {
  const indexOf = createItemIndex();
  let hasStarted = false;
  let answerId: string | null = null;
  const items = createItemReader(() => answerId);

  function start(response: JsonObject | null): AnswerEvent[] {
    if (hasStarted) return [];
    hasStarted = true;
    answerId = idPart(response?.['id']);
    return [{ kind: 'start', model: asText(response?.['model']), usage: null }];
  }

  function end(response: JsonObject | null): AnswerEvent[] {
    const rest = [...start(response), ...items.whole(response)];
    return [...rest, { kind: 'end', ending: endingOf(response ?? {}, items.hasCalled()) }];
  }

  return {
    event(event) {
      const index = indexOf(event);
      const response = asObject(event['response']);
      const delta = asText(event['delta']) ?? '';
      const kind = ownMember(textKinds, asText(event['type']) ?? '');
      if (kind) return items.piece(index, { kind, text: delta });
      switch (event['type']) {
        case 'response.created':
        case 'response.in_progress':
          return start(response);
        case 'response.output_item.added':
          return items.start(index, asObject(event['item']));
        case 'response.reasoning_summary_part.added':
          return items.isStreamed(index) ? [{ kind: 'reasoning', text: betweenSummaries }] : [];
        case 'response.function_call_arguments.delta':
        case 'response.custom_tool_call_input.delta':
          return items.piece(index, { kind: 'arguments', index, text: delta });
        case 'response.output_item.done':
          return items.end(index, asObject(event['item']));
        case 'response.completed':
        case 'response.incomplete':
          return end(response);
        default:
          return [];
      }
    },
    end: () => [],
    state: items.state,
  };
}

/** The items of one stream. */
function createItemReader(answerId: () => string | null) {
  /** Calls that have begun. */
  const calls = new Set<number>();
  /** Those that have not ended, as they began. */
  const open = new Map<number, JsonObject>();
  /** Items whose text came in pieces: their last event repeats it whole. */
  const streamed = new Set<number>();
  let hasAny = false;
  /** Reasoning that only its model can open. */
  const sealed: JsonObject[] = [];

  function start(index: number, item: JsonObject | null): AnswerEvent[] {
    if (!item || !isCallItem(item) || calls.has(index)) return [];
    const isCustom = item['type'] === 'custom_tool_call';
    calls.add(index);
    open.set(index, item);
    const id = asText(item['call_id']) ?? asText(item['id']) ?? madeCallId(answerId(), index);
    return [{ kind: 'call', index, id, name: asText(item['name']) ?? '', isCustom }];
  }

  function piece(index: number, event: AnswerEvent): AnswerEvent[] {
    if (event.kind === 'arguments' && !calls.has(index)) return [];
    hasAny = true;
    streamed.add(index);
    return [event];
  }

  /** The content of an item that its pieces did not bring. Some servers do not say that one begins. */
  function end(index: number, item: JsonObject | null): AnswerEvent[] {
    if (item?.['type'] === 'reasoning' && asText(item['encrypted_content']) !== null) sealed.push(item);
    hasAny = true;
    const begun = start(index, item);
    open.delete(index);
    const rest = streamed.has(index) || !item ? [] : wholeItem(index, item);
    return [...begun, ...rest, isCallItem(item) ? { kind: 'call-end', index } : { kind: 'break' }];
  }

  /** Some servers send the whole response and no item before it, others do not say that an item ends. */
  function whole(response: JsonObject | null): AnswerEvent[] {
    const items = asArray(response?.['output']).map(asObject);
    const unread = hasAny ? [] : items.flatMap((item, index) => end(index, item));
    const unended = [...open].flatMap(([index, begun]) => {
      const item = items[index] ?? null;
      return end(index, isCallItem(item) ? item : begun);
    });
    return [...unread, ...unended];
  }

  return {
    start,
    piece,
    end,
    whole,
    hasCalled: () => calls.size > 0,
    isStreamed: (index: number) => streamed.has(index),
    state: (): ModelState | null => (sealed.length === 0 ? null : { dialect: 'openai-responses', items: sealed }),
  };
}

function isCallItem(item: JsonObject | null): boolean {
  return item?.['type'] === 'function_call' || item?.['type'] === 'custom_tool_call';
}

function wholeItem(index: number, item: JsonObject): AnswerEvent[] {
  const contents = [...asArray(item['summary']), ...asArray(item['content'])].map((part) => asObject(part) ?? {});
  if (item['type'] === 'reasoning')
    return textEvent('reasoning', contents.flatMap((part) => asText(part['text']) ?? []).join(betweenSummaries));
  if (item['type'] === 'message')
    return contents.flatMap((part) => [...textEvent('text', part['text']), ...textEvent('refusal', part['refusal'])]);
  const text = textOfAny(item['arguments'] ?? item['input']);
  return text === '' ? [] : [{ kind: 'arguments', index, text }];
}

function textEvent(kind: 'text' | 'refusal' | 'reasoning', value: unknown): AnswerEvent[] {
  const text = asText(value);
  return text === null ? [] : [{ kind, text }];
}

function endingOf(response: JsonObject, hasCalled: boolean): Ending {
  return { stop: stopOf(response, hasCalled), stopSequence: null, usage: readResponsesUsage(response) };
}

function stopOf(response: JsonObject, hasCalled: boolean): StopReason {
  const reason = asText(asObject(response['incomplete_details'])?.['reason']);
  if (reason === 'content_filter') return 'filtered';
  if (reason !== null || response['status'] === 'incomplete') return 'length';
  return hasCalled ? 'tools' : 'end';
}

/** The events of a whole response: it is read as if it had come in the last one. */
export function responsesReplyEvents(reply: JsonObject): JsonObject[] {
  return [{ type: 'response.completed', response: reply }];
}
