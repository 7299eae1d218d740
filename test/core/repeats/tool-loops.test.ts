import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readFacts } from '#proxy/request/read-call.ts';
import { tailItems } from '#core/repeats/tail-items.ts';
import { createToolLoops } from '#core/repeats/tool-loops.ts';
import { endingCycle, toolTurns } from '#core/repeats/tool-turns.ts';
import type { Call } from '#proxy/call.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { localKeyIdSchema } from '#shared/ids.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { createTestClock } from '../../support/test-clock.ts';

test('the last items of a list are those that a parser finds, whatever stands in them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.object({ maxDepth: 2 }), { maxLength: 20 }),
      fc.constantFrom(undefined, 2),
      (items, indent) => {
        const json = Buffer.from(`{"a":"[{","list":${JSON.stringify(items, null, indent)},"b":"}]"}`);
        const start = json.indexOf('"list":') + 7;
        const end = json.lastIndexOf(',"b"');
        expect(tailItems(json, { start, end })).toEqual(JSON.parse(JSON.stringify(items)));
      },
    ),
  );
});

test('a text that is longer than what is looked at is left at the bound, however many quotes stand in it', () => {
  const json = Buffer.from(JSON.stringify([{ text: '"'.repeat(400_000) }, { text: 'last' }]));
  const looks = vi.spyOn(Buffer.prototype, 'lastIndexOf');
  onTestFinished(() => looks.mockRestore());
  expect(tailItems(json, { start: 0, end: json.length })).toEqual([{ text: 'last' }]);
  // Each step over an escaped quote is two bytes.
  expect(looks.mock.calls.length).toBeLessThan(70_000);
});

const steps = Array.from({ length: 6 }, (_, index) => index);
const args = { command: 'cat "a \\ b"' };

/** One agent's conversation in each dialect: it looked at the same file six times, and found the same. */
const conversations: [Dialect, object][] = [
  [
    'openai-chat',
    {
      messages: steps.flatMap((step) => [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: `c${step}`, type: 'function', function: { name: 'bash', arguments: JSON.stringify(args) } },
          ],
        },
        { role: 'tool', tool_call_id: `c${step}`, content: 'the same' },
      ]),
    },
  ],
  [
    'anthropic-messages',
    {
      messages: steps.flatMap((step) => [
        { role: 'assistant', content: [{ type: 'tool_use', id: `c${step}`, name: 'bash', input: args }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: `c${step}`,
              content: [
                { type: 'text', text: 'the same', ...(step === 5 ? { cache_control: { type: 'ephemeral' } } : {}) },
              ],
            },
          ],
        },
      ]),
    },
  ],
  [
    'openai-responses',
    {
      input: steps.flatMap((step) => [
        { type: 'function_call', call_id: `c${step}`, name: 'bash', arguments: JSON.stringify(args) },
        { type: 'function_call_output', call_id: `c${step}`, output: 'the same' },
      ]),
    },
  ],
  [
    'gemini',
    {
      contents: steps.flatMap(() => [
        { role: 'model', parts: [{ functionCall: { name: 'bash', args } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'bash', response: { output: 'the same' } } }] },
      ]),
    },
  ],
  [
    'ollama-chat',
    {
      messages: steps.flatMap(() => [
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'bash', arguments: args } }] },
        { role: 'tool', tool_name: 'bash', content: 'the same' },
      ]),
    },
  ],
];

function callOf(dialect: Dialect, body: object): Call {
  const bytes = Buffer.from(JSON.stringify({ model: 'm', tools: [{ name: 'bash' }], max_tokens: 10, ...body }));
  const said = dialect === 'gemini' ? { model: 'm', stream: false } : undefined;
  return { ...testCall(), dialect, body: bytes, facts: readFacts(dialect, bytes, said) };
}

test.each(conversations)('six calls with the same arguments and result are a loop in %s', (dialect, body) => {
  const { facts, body: bytes } = callOf(dialect, body);
  expect(facts).toMatchObject({ hasTools: true });
  const cycle = facts.history && endingCycle(toolTurns(tailItems(bytes, facts.history)), 5);
  expect(cycle).toMatchObject({ times: 6, turns: [{ tool: 'bash' }] });
});

test('a cycle of several calls is a loop too; other arguments, or another result, are none', () => {
  const turn = (tool: string, said: string, result: string, id = 'x') => [
    { type: 'function_call', call_id: id, name: tool, arguments: said },
    { type: 'function_call_output', call_id: id, output: result },
  ];
  const times = (count: number, make: (index: number) => object[]) =>
    toolTurns(Array.from({ length: count }, (_, index) => make(index)).flat());
  expect(
    endingCycle(
      times(5, () => [...turn('read', 'a', '1'), ...turn('write', 'b', '2')]),
      5,
    )?.turns.map(({ tool }) => tool),
  ).toEqual(['read', 'write']);
  expect(
    endingCycle(
      times(4, () => turn('read', 'a', '1')),
      5,
    ),
  ).toBeNull();
  expect(
    endingCycle(
      times(8, (index) => turn('read', `page ${index}`, '1')),
      5,
    ),
  ).toBeNull();
  expect(
    endingCycle(
      times(8, (index) => turn('status', 'a', `${index} %`)),
      5,
    ),
  ).toBeNull();
});

test('a loop is shown; where the person said so it is stopped, until it is let through', async () => {
  const clock = createTestClock();
  const shown: string[] = [];
  const loops = createToolLoops({
    clock,
    notify: { show: ({ title }) => void shown.push(title) },
    emit: () => undefined,
    steepSpend: { of: () => null },
  });
  const key = {
    id: localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69'),
    label: 'Agent',
    route: 'auto' as const,
    steadiesAttribution: false,
  };
  const [[dialect, body] = ['openai-chat', {}] as [Dialect, object]] = conversations;
  const list = () => loops.handlers['loops.list'](undefined);
  loops.check(callOf(dialect, body), { ...key, limits: noLimits });
  expect(await list()).toEqual([]);
  clock.advance(1);
  expect(await list()).toMatchObject([{ state: 'shown', tools: ['bash'], times: 6, localKeyLabel: 'Agent' }]);
  expect(shown).toEqual(['Agent runs in a loop']);
  const stopping = { ...key, limits: { ...noLimits, stopsLoops: true } };
  expect(() => loops.check(callOf(dialect, body), stopping)).toThrow(
    /runs in a loop\. bash: the same call with the same result, 6 times in a row/,
  );
  const [loop] = await list();
  expect(loop?.state).toBe('stopped');
  expect(await loops.handlers['loops.let-through']({ id: loop?.id ?? '' })).toEqual({ isKnown: true });
  expect(() => loops.check(callOf(dialect, body), stopping)).not.toThrow();
  clock.advance(3_600_001);
  expect(await list()).toEqual([]);
  expect(shown).toHaveLength(1);
});
