import { asObject, asText, type JsonObject, parseExactJson } from '../dialects/json-value.ts';
import type { AnswerEvent, AnswerReader } from './answer.ts';
import type { Tool } from './conversation.ts';

/**
 * A tool that takes bare text, for a dialect whose tools take only JSON: its text becomes the one member `input`, and
 * is unwrapped again in the model's answer.
 */
export function customToolSchema({ kind }: Tool): { schema: JsonObject; hint: string } {
  const format = kind.type === 'custom' ? kind.format : null;
  const grammar = asText(asObject(format?.['grammar'])?.['definition']) ?? asText(format?.['definition']);
  const schema = {
    type: 'object',
    properties: { input: { type: 'string' } },
    required: ['input'],
    additionalProperties: false,
  };
  return { schema, hint: grammar === null ? '' : `\n\nThe input must follow this grammar:\n${grammar}` };
}

export function wrapCustomInput(text: string): string {
  return JSON.stringify({ input: text });
}

/**
 * An upstream's answer in which calls of these tools are bare text again. A call's text is then known only at its end.
 */
export function unwrapCustomCalls(reader: AnswerReader, names: ReadonlySet<string>): AnswerReader {
  if (names.size === 0) return reader;
  const gathered = new Map<number, string>();

  function unwrap(event: AnswerEvent): AnswerEvent[] {
    if (event.kind === 'call' && names.has(event.name)) {
      gathered.set(event.index, '');
      return [{ ...event, isCustom: true }];
    }
    if (event.kind === 'arguments' && gathered.has(event.index)) {
      gathered.set(event.index, `${gathered.get(event.index) ?? ''}${event.text}`);
      return [];
    }
    if (event.kind === 'call-end') return [...release(event.index), event];
    if (event.kind === 'end') return [...[...gathered.keys()].flatMap(release), event];
    return [event];
  }

  function release(index: number): AnswerEvent[] {
    const text = gathered.get(index);
    if (text === undefined) return [];
    gathered.delete(index);
    return [{ kind: 'arguments', index, text: inputOf(text) }];
  }

  return {
    event: (event) => reader.event(event).flatMap(unwrap),
    end: () => reader.end().flatMap(unwrap),
    state: reader.state,
  };
}

function inputOf(text: string): string {
  const input = asObject(parseExactJson(text))?.['input'];
  return typeof input === 'string' ? input : text;
}
