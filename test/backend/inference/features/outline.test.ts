import { expect, test } from 'vitest';
import { outlineInTurns, outlineOf } from '#backend/inference/features/outline.ts';
import { turnsDuring } from '../../../support/turns.ts';

/** Large enough to be worked on in turns. */
const padding = 'p'.repeat(300_000);

test.each<[string, object]>([
  [
    'a conversation',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'image_url', image_url: { url: 'https://a.b/c' } },
          ],
        },
      ],
    },
  ],
  [
    'long and escaped texts',
    {
      a: `"${'\\'.repeat(100)}"`,
      b: 'data:image/png;base64,'.padEnd(90_000, 'A'),
      c: '\u0041"\n',
      ['n'.repeat(100)]: 1,
    },
  ],
  ['numbers, flags and null', { n: 12, f: -1.5e3, t: true, n0: null, deep: [[[{}]], []] }],
  ['a prototype', JSON.parse('{"__proto__":{"background":true}}')],
])('the outline of a large body is that of a small one: %s (F01)', async (_name, value) => {
  const body = Buffer.from(JSON.stringify({ ...value, padding }));
  expect(await outlineInTurns(body)).toEqual(outlineOf(body));
});

test('a large body of escaped quotes leaves turns to others while its outline is made (F01)', async () => {
  const body = Buffer.from(`{"messages":[{"role":"user","content":"${'\\"'.repeat(2_000_000)}"}]}`);
  const outline = outlineInTurns(body);
  expect(await turnsDuring(outline)).toBeGreaterThan(5);
  expect(await outline).toMatchObject({ messages: [{ role: 'user' }] });
});
