import { asArray, asObject, asText, type JsonObject } from '../json-value.ts';
import { createItemIndex } from '../item-index.ts';
import { type AnswerForm, namedEvent } from './answer-form.ts';
import { ownMember } from '../../own-member.ts';

/** Responses: the last event of a stream repeats the whole answer, nearly always. */
export const responsesForm: AnswerForm = {
  endsWithMarker: false,
  collect() {
    const indexOf = createItemIndex();
    let response: JsonObject | null = null;
    const items = new Map<number, JsonObject>();
    const texts = new Map<number, string>();
    return {
      take(event) {
        response = asObject(event['response']) ?? response;
        const index = indexOf(event);
        const item = asObject(event['item']);
        if (item && event['type'] === 'response.output_item.done') items.set(index, item);
        if (event['type'] === 'response.output_text.delta')
          texts.set(index, (texts.get(index) ?? '') + (asText(event['delta']) ?? ''));
      },
      whole() {
        if (!response || asArray(response['output']).length > 0) return response;
        // Some servers leave the answer out of the last event.
        for (const [index, text] of texts) if (!items.has(index)) items.set(index, messageOf(text));
        return { ...response, output: [...items].sort(([a], [b]) => a - b).map(([, item]) => item) };
      },
    };
  },
  asStream(response) {
    let sequence = 0;
    const line = (type: string, members: JsonObject): string => {
      const event = namedEvent({ type, sequence_number: sequence, ...members });
      sequence += 1;
      return event;
    };
    const begun = { ...response, status: 'in_progress', output: [], usage: null };
    const status = response['status'] === 'incomplete' ? 'incomplete' : 'completed';
    // In order: each line is numbered as it is written.
    const head = line('response.created', { response: begun }) + line('response.in_progress', { response: begun });
    const items = asArray(response['output']).map((item, index) => itemEvents(asObject(item) ?? {}, index, line));
    return head + items.join('') + line(`response.${status}`, { response });
  },
};

function messageOf(text: string): JsonObject {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

type Line = (type: string, members: JsonObject) => string;

/** Members of an item that grow, by the events in which they do. */
const argumentNames = { arguments: 'function_call_arguments', input: 'custom_tool_call_input' } as const;
const partEvents: Readonly<Record<string, { event: string; member: string }>> = {
  output_text: { event: 'output_text', member: 'text' },
  refusal: { event: 'refusal', member: 'refusal' },
  reasoning_text: { event: 'reasoning_text', member: 'text' },
};

function itemEvents(item: JsonObject, index: number, line: Line): string {
  const place = { item_id: item['id'], output_index: index };
  const grows = ['content', 'summary', 'arguments', 'input'].filter(
    (name) => typeof item[name] === 'string' || Array.isArray(item[name]),
  );
  const empty = Object.fromEntries(grows.map((name) => [name, typeof item[name] === 'string' ? '' : []]));
  const isSaid = item['status'] === undefined ? {} : { status: 'in_progress' };
  return (
    line('response.output_item.added', { output_index: index, item: { ...item, ...isSaid, ...empty } }) +
    asArray(item['summary'])
      .map((part, summary) => summaryEvents(asObject(part) ?? {}, { ...place, summary_index: summary }, line))
      .join('') +
    asArray(item['content'])
      .map((part, content) => contentEvents(asObject(part) ?? {}, { ...place, content_index: content }, line))
      .join('') +
    argumentEvents(item, place, line) +
    line('response.output_item.done', { output_index: index, item })
  );
}

function summaryEvents(part: JsonObject, place: JsonObject, line: Line): string {
  return (
    line('response.reasoning_summary_part.added', { ...place, part: { ...part, text: '' } }) +
    line('response.reasoning_summary_text.delta', { ...place, delta: part['text'] }) +
    line('response.reasoning_summary_text.done', { ...place, text: part['text'] }) +
    line('response.reasoning_summary_part.done', { ...place, part })
  );
}

function contentEvents(part: JsonObject, place: JsonObject, line: Line): string {
  const known = ownMember(partEvents, asText(part['type']) ?? '');
  if (!known)
    return (
      line('response.content_part.added', { ...place, part }) + line('response.content_part.done', { ...place, part })
    );
  const { event, member } = known;
  const more = event === 'output_text' ? { logprobs: part['logprobs'] ?? [] } : {};
  return (
    line('response.content_part.added', { ...place, part: { ...part, [member]: '' } }) +
    line(`response.${event}.delta`, { ...place, delta: part[member], ...more }) +
    line(`response.${event}.done`, { ...place, [member]: part[member], ...more }) +
    line('response.content_part.done', { ...place, part })
  );
}

function argumentEvents(item: JsonObject, place: JsonObject, line: Line): string {
  return Object.entries(argumentNames)
    .filter(([member]) => typeof item[member] === 'string' && (asText(item['type']) ?? '').endsWith('_call'))
    .map(
      ([member, event]) =>
        line(`response.${event}.delta`, { ...place, delta: item[member] }) +
        line(`response.${event}.done`, { ...place, [member]: item[member] }),
    )
    .join('');
}
