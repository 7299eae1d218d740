import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import type { AnswerEvent } from '../answer.ts';

/**
 * The text of a chat message or delta. OpenAI's own is one string; servers that copy it send lists of parts, and name a
 * thought in several ways.
 */
export function readTexts(message: JsonObject): AnswerEvent[] {
  const refusal = asText(message['refusal']);
  return [
    ...readReasoning(message),
    ...readContent(message['content']),
    ...(refusal === null ? [] : [{ kind: 'refusal', text: refusal } as const]),
  ];
}

/** Servers that know two names for it send the same text under both. */
function readReasoning(message: JsonObject): AnswerEvent[] {
  const named = ['reasoning_content', 'reasoning', 'thinking']
    .map((name) => textOf(message[name]))
    .find((text) => text !== '');
  const details = asArray(message['reasoning_details']).map((detail) => {
    const { text, summary } = asObject(detail) ?? {};
    return asText(text) ?? asText(summary) ?? '';
  });
  const text = named ?? details.join('');
  return text === '' ? [] : [{ kind: 'reasoning', text }];
}

function readContent(content: unknown): AnswerEvent[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  return [content].flat().flatMap((part): AnswerEvent[] => {
    if (typeof part === 'string') return part === '' ? [] : [{ kind: 'text', text: part }];
    const { type, text, thinking, reasoning, refusal } = asObject(part) ?? {};
    const thought = textOf(thinking) || textOf(reasoning);
    if (thought !== '') return [{ kind: 'reasoning', text: thought }];
    const refused = asText(refusal);
    if (refused !== null) return [{ kind: 'refusal', text: refused }];
    const said = textOf(text);
    if (said === '') return [];
    return [{ kind: type === 'thinking' || type === 'reasoning' ? 'reasoning' : 'text', text: said }];
  });
}

/** A string, or a list of parts that have one, or one such part. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return [value]
    .flat()
    .map((part) => (typeof part === 'string' ? part : (asText(asObject(part)?.['text']) ?? '')))
    .join('');
}
