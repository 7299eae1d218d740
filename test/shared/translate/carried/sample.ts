import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ConversationDialect } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

const clients = {
  chat: 'openai-chat',
  Responses: 'openai-responses',
  Messages: 'anthropic-messages',
  Gemini: 'gemini',
  Ollama: 'ollama-chat',
  'Ollama (generate)': 'ollama-generate',
} as const satisfies Record<string, ConversationDialect>;
export type Client = keyof typeof clients;

const upstreams = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
] as const satisfies readonly UpstreamDialect[];

/**
 * One part of a request in each dialect that has it. What must reach the model contains `Mark`, or its bytes in base64.
 */
export type Sample = Partial<Record<Client, object>> & {
  /** `Mark` is text in the client's dialect as well: carried means that it arrives alone, without added words. */
  isText?: true;
  isReasoning?: true;
  /** What to compare with, where it is more than the plain request. */
  without?: Partial<Record<Client, object>>;
};
export type Samples = Readonly<Record<string, Sample>>;

/** `Mark`. */
export const pictureData = 'TWFyaw==';
export const toolOf = { name: 'read', parameters: { type: 'object', properties: {} } };
export const question = {
  chat: [{ role: 'user', content: 'hi' }],
  gemini: [{ role: 'user', parts: [{ text: 'hi' }] }],
};
export const tools = {
  chat: [{ type: 'function', function: toolOf }],
  Responses: [{ type: 'function', ...toolOf }],
  Messages: [{ name: 'read', input_schema: toolOf.parameters }],
  Gemini: [{ functionDeclarations: [{ name: 'read', parametersJsonSchema: toolOf.parameters }] }],
};
const plain: Readonly<Record<Client, JsonObject>> = {
  chat: { messages: question.chat, tools: tools.chat },
  Responses: { input: question.chat, tools: tools.Responses },
  Messages: { messages: question.chat, tools: tools.Messages, max_tokens: 50 },
  Gemini: { contents: question.gemini, tools: tools.Gemini },
  Ollama: { messages: question.chat, tools: tools.chat, stream: false },
  'Ollama (generate)': { prompt: 'hi', stream: false },
};
const reasoning: Readonly<Record<UpstreamDialect, string>> = {
  'openai-chat': 'gpt-5.1',
  'openai-responses': 'gpt-5.1',
  'anthropic-messages': 'claude-opus-4-6',
  gemini: 'gemini-3-pro-preview',
};

/**
 * A row of the table: who sends it, what becomes of it in each upstream's dialect, and what names it where it is left
 * out.
 */
export interface Row {
  part: string;
  from: string[];
  to: string[];
  names: string[];
}

/** `—` is the client's own dialect, in which a request is not translated. */
const untranslated = '—';

/** The rows of a table, of the real translators. Clients for which the same becomes of a part share a row. */
export function rowsOf(samples: Samples): Row[] {
  return Object.entries(samples).flatMap(([part, sample]) => {
    const rows: Row[] = [];
    for (const client of Object.keys(clients) as Client[]) {
      if (!sample[client]) continue;
      const outcomes = upstreams.map((upstream) => outcomeOf(client, upstream, sample));
      const [to, names] = [
        outcomes.map(({ kind }) => kind),
        [...new Set(outcomes.flatMap((outcome) => outcome.names))],
      ];
      const alike = rows.find((row) =>
        row.to.every((kind, index) => [kind, untranslated].includes(to[index] ?? '') || kind === untranslated),
      );
      if (alike) {
        alike.to = alike.to.map((kind, index) => (kind === untranslated ? (to[index] ?? kind) : kind));
        alike.names = [...new Set([...alike.names, ...names])];
        alike.from.push(client);
      } else rows.push({ part, from: [client], to, names });
    }
    return rows;
  });
}

interface Outcome {
  kind: string;
  names: readonly string[];
}

function outcomeOf(client: Client, upstream: UpstreamDialect, sample: Sample): Outcome {
  const translation = findTranslation(clients[client], upstream);
  if (!translation) return { kind: untranslated, names: [] };
  const model = sample.isReasoning ? reasoning[upstream] : 'some-model';
  const before = translation.request({ ...plain[client], ...sample.without?.[client], model });
  try {
    const { body, notCarried } = translation.request({ ...plain[client], ...sample[client], model });
    const names = notCarried
      .filter((name) => !before.notCarried.includes(name))
      .map((name) => name.replace(/(?<=message )\d+$/, 'N'));
    const lost = names.length > 0 ? 'left out' : 'lost in silence';
    if (!isMarked(JSON.stringify(sample[client])))
      return { kind: isDeepStrictEqual(body, before.body) ? lost : kept(names), names };
    const places = stringsOf(body, '').filter(({ text }) => isMarked(text));
    if (places.length === 0) return { kind: lost, names };
    const isCarried = places.some(({ name, text }) =>
      sample.isText ? text === 'Mark' : !['text', 'content', 'output'].includes(name),
    );
    return { kind: isCarried ? kept(names) : 'as text', names };
  } catch (error) {
    if (error instanceof CorvusError && error.code === 'not_translatable') return { kind: 'refused', names: [] };
    throw error;
  }
}

function kept(names: readonly string[]): string {
  return names.length > 0 ? 'in part' : 'carried';
}

function isMarked(text: string): boolean {
  return text.includes('Mark') || text.includes(pictureData);
}

function stringsOf(value: unknown, name: string): { name: string; text: string }[] {
  if (typeof value === 'string') return [{ name, text: value }];
  if (Array.isArray(value)) return value.flatMap((item) => stringsOf(item, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, item]) => stringsOf(item, member));
}
