import { asArray, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { type Dialect, familyOf } from '#shared/domain/dialect.ts';
import { parseInTurns } from './parse-in-turns.ts';
import { writeInTurns } from './write-in-turns.ts';

/** The statuses with which a thought of another model is refused. */
export function mayRefuseThoughts(dialect: Dialect, status: number): boolean {
  // OpenAI looks for an item that is not sealed among those that it stores.
  return status === 400 || (status === 404 && dialect === 'openai-responses');
}

const wordsOfThoughts =
  /signature|redacted_thinking|encrypted[_ ]content|\brs_\w|\breasoning(_content|_details|\\?['"`])|extra_content/i;

/** Whether a refusal is about thoughts that came with the request: their seal, or where they stand. */
export function refusesThoughts(words: string): boolean {
  return wordsOfThoughts.test(words);
}

/** Whether a request may have thoughts at all, of any model. */
export function mayHaveThoughts(dialect: Dialect, body: Buffer): boolean {
  if (familyOf(dialect) === 'anthropic') return body.includes('"thinking"');
  return dialect === 'openai-responses' && body.includes('"reasoning"');
}

/**
 * A request of Messages or Responses without the thoughts of models that were asked in another dialect: no one signed
 * or sealed them, and Anthropic and OpenAI refuse such ones. null: it has none.
 */
export async function withoutForeignThoughts(dialect: Dialect, body: Buffer): Promise<Buffer | null> {
  const request = await parseInTurns(body);
  const [list, change] =
    dialect === 'openai-responses' ? (['input', withoutUnsealed] as const) : (['messages', withoutUnsigned] as const);
  const whole = asArray(request[list]);
  const kept = whole.flatMap(change);
  const isChanged = kept.length < whole.length || kept.some((element, index) => element !== whole[index]);
  return isChanged ? writeInTurns({ ...request, [list]: kept }, body.length) : null;
}

function withoutUnsigned(value: unknown): unknown[] {
  const message = asObject(value);
  const content = asArray(message?.['content']);
  const kept = content.filter((block) => !isThought(asObject(block), 'thinking', 'signature'));
  if (kept.length === content.length) return [value];
  return kept.length === 0 ? [] : [{ ...message, content: kept }];
}

/** Ids that this program gave to items of a translated answer: the upstream would look for them as well. */
const ownId = /^(msg|fc)_req_/;

function withoutUnsealed(value: unknown): unknown[] {
  const item = asObject(value);
  if (!item) return [value];
  if (isThought(item, 'reasoning', 'encrypted_content')) return [];
  const { id, ...rest } = item;
  return [typeof id === 'string' && ownId.test(id) ? rest : value];
}

function isThought(element: JsonObject | null, type: string, seal: string): boolean {
  return element?.['type'] === type && asText(element[seal]) === null;
}
