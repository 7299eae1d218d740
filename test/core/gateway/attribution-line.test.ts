import { expect, onTestFinished, test } from 'vitest';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const lineWith = (value: string) =>
  `x-anthropic-billing-header: cc_version=2.1.37.abc; cc_entrypoint=cli; cch=${value};`;

async function start() {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('claude', 'anthropic', upstream.origin, 'sk-upstream-0000');
  const ask = async (system: unknown, text = 'Hi') => {
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: text }], system });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    await (await fetch(`${core.url}/v1/messages`, { method: 'POST', headers, body })).text();
    return { body, sent: String(upstream.received.at(-1)?.body), hints: (await core.newest()).hints };
  };
  return { core, ask };
}

test('the line passes untouched; the row says where steadying it would have kept the prompt cached', async () => {
  const { ask } = await start();
  const blocks = (value: string, prompt = 'You are an owl.') => [
    { type: 'text', text: lineWith(value) },
    { type: 'text', text: prompt },
  ];
  for (const [system, hints] of [
    [blocks('a1b2c'), []],
    [blocks('a1b2c'), []],
    [blocks('d3e4f'), ['attribution-line']],
    [blocks('00000', 'You are a crow.'), []],
    [lineWith('a1b2c'), []],
    [lineWith('d3e4f'), ['attribution-line']],
    ['You are an owl.', []],
    [`Tell me of ${lineWith('a1b2c')}`, []],
    [`Tell me of ${lineWith('d3e4f')}`, []],
  ] as const) {
    const { body, sent, hints: shown } = await ask(system);
    expect([sent, shown]).toEqual([body, hints]);
  }
});

test('a key can be set to keep it steady: only the changing value is overwritten', async () => {
  const { core, ask } = await start();
  for (const { id } of await core.handlers['keys.list'](undefined))
    await core.handlers['keys.set-attribution']({ id, isSteady: true });
  for (const value of ['a1b2c', 'd3e4f']) {
    const { body, sent, hints } = await ask([{ type: 'text', text: lineWith(value) }], `cch=${value}`);
    expect(sent).toBe(body.replace(`cch=${value};`, 'cch=00000;'));
    expect(hints).toEqual([]);
  }
});
