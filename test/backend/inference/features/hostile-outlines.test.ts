import { describe, expect, test } from 'vitest';
import { outlineInTurns, outlineOf } from '#backend/inference/features/outline.ts';
import { readFactsInTurns } from '#proxy/request/read-call.ts';
import { hostileBodies } from '../../../support/fakes/hostile-bodies.ts';
import { searchedBody } from '../../../support/fakes/searched-body.ts';

const small = 200 * 1024;
const large = 2 * 1024 * 1024;
/** A byte is looked for a few times at most: as a quote, as an escape, and once more where a name is read. */
const searchesPerByte = 4;

// An upstream refuses most of these; what matters is how much is looked at before that is known.
const readings: [string, number, (body: Buffer) => unknown][] = [
  ['the outline of a small body', small, (body) => outlineOf(body)],
  ['the outline of a large body', large, (body) => outlineInTurns(body)],
  ['the facts of a large body', large, (body) => readFactsInTurns('openai-chat', body)],
];

describe.each(readings)('%s searches each of its bytes only a few times (F01)', (_, bytes, read) => {
  test.each([
    ...Object.entries(hostileBodies),
    ['short members, one after the other', membersOf('"k":1')],
    ['pictures, one after the other', membersOf(`"image_url":{"url":"data:image/png;base64,${'A'.repeat(500)}"}`)],
  ] as const)('%s', async (__, make) => {
    const { body, searched } = searchedBody(make(bytes));
    try {
      await read(body);
    } catch {
      // Refused: what was searched until then counts as well.
    }
    expect(searched()).toBeLessThan(searchesPerByte * body.length + 1_000);
  });
});

function membersOf(member: string) {
  return (bytes: number): Buffer =>
    Buffer.from(`{"model":"m","messages":[${`{${member}},`.repeat(Math.floor(bytes / (member.length + 3)))}{}]}`);
}
