import { asArray, asCount, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import { readResponsesUsage } from '../../dialects/openai-usage.ts';
import type { AnswerEvent, AnswerReader, Ending, StopReason } from '../answer.ts';
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
  let hasStarted = false;
  let hasCalled = false;
  /** Items whose text came in pieces: their last event repeats it whole. */
  const streamed = new Set<number>();
  /** Reasoning that only its model can open. */
  const sealed: JsonObject[] = [];

  function start(response: JsonObject | null): AnswerEvent[] {
    if (hasStarted) return [];
    hasStarted = true;
    return [{ kind: 'start', model: asText(response?.['model']), usage: null }];
  }

  function startItem(index: number, item: JsonObject | null): AnswerEvent[] {
    if (!item || !isCallItem(item)) return [];
    const isCustom = item['type'] === 'custom_tool_call';
    hasCalled = true;
    return [{ kind: 'call', index, id: asText(item['call_id']) ?? '', name: asText(item['name']) ?? '', isCustom }];
  }

  /** The content of an item that its pieces did not bring. */
  function endItem(index: number, item: JsonObject | null): AnswerEvent[] {
    const isCall = isCallItem(item);
    if (item?.['type'] === 'reasoning' && asText(item['encrypted_content']) !== null) sealed.push(item);
    const rest = streamed.has(index) || !item ? [] : wholeItem(index, item);
    return [...rest, isCall ? { kind: 'call-end', index } : { kind: 'break' }];
  }

  function piece(index: number, event: AnswerEvent): AnswerEvent[] {
    streamed.add(index);
    return [event];
  }

  return {
    event(event) {
      const index = asCount(event['output_index']) ?? 0;
      const response = asObject(event['response']);
      const delta = asText(event['delta']) ?? '';
      const kind = ownMember(textKinds, asText(event['type']) ?? '');
      if (kind) return piece(index, { kind, text: delta });
      switch (event['type']) {
        case 'response.created':
        case 'response.in_progress':
          return start(response);
        case 'response.output_item.added':
          return startItem(index, asObject(event['item']));
        case 'response.reasoning_summary_part.added':
          return streamed.has(index) ? [{ kind: 'reasoning', text: betweenSummaries }] : [];
        case 'response.function_call_arguments.delta':
        case 'response.custom_tool_call_input.delta':
          return piece(index, { kind: 'arguments', index, text: delta });
        case 'response.output_item.done':
          return endItem(index, asObject(event['item']));
        case 'response.completed':
        case 'response.incomplete':
          return [...start(response), { kind: 'end', ending: endingOf(response ?? {}, hasCalled) }];
        default:
          return [];
      }
    },
    end: () => [],
    state: () => (sealed.length === 0 ? null : { dialect: 'openai-responses', items: sealed }),
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

/** The events that a whole response could have come in. */
export function responsesReplyEvents(reply: JsonObject): JsonObject[] {
  const items = asArray(reply['output']).flatMap((item, index) => [
    { type: 'response.output_item.added', output_index: index, item },
    { type: 'response.output_item.done', output_index: index, item },
  ]);
  return [{ type: 'response.created', response: reply }, ...items, { type: 'response.completed', response: reply }];
}
