import { asArray, asObject, asText } from '#shared/dialects/json-value.ts';
import { parseInTurns } from './parse-in-turns.ts';
import { writeInTurns } from './write-in-turns.ts';

/**
 * A Messages request without the thoughts that no one signed: models of other dialects thought them, and Anthropic's
 * refuse them. null: it has none.
 */
export async function withoutUnsignedThoughts(body: Buffer): Promise<Buffer | null> {
  if (!body.includes('"thinking"')) return null;
  const request = await parseInTurns(body);
  let found = 0;
  const messages = asArray(request['messages']).flatMap((value) => {
    const message = asObject(value);
    const content = asArray(message?.['content']);
    const kept = content.filter((block) => !isUnsigned(block));
    found += content.length - kept.length;
    if (kept.length === content.length) return [value];
    return kept.length === 0 ? [] : [{ ...message, content: kept }];
  });
  return found === 0 ? null : writeInTurns({ ...request, messages }, body.length);
}

function isUnsigned(value: unknown): boolean {
  const block = asObject(value);
  return block?.['type'] === 'thinking' && asText(block['signature']) === null;
}
