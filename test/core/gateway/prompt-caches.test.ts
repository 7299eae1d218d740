import { expect, onTestFinished, test } from 'vitest';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startMockUpstreamOfOwnKey } from '../envelopes/own-key.ts';
import { coreOfFile } from './start-core.ts';

const lineWith = (value: string) =>
  `x-anthropic-billing-header: cc_version=2.1.37.abc; cc_entrypoint=cli; cch=${value};`;

const coreHere = coreOfFile();

async function start(id: string) {
  const core = coreHere();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider(id, 'anthropic', upstream.origin, 'sk-upstream-0000');
  const ask = async (system: unknown, text = 'Hi') => {
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: text }], system });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    await (await fetch(`${core.url}/v1/messages`, { method: 'POST', headers, body })).text();
    return { body, sent: String(upstream.received.at(-1)?.body), hints: (await core.newest()).hints };
  };
  return { core, ask };
}

test('the line passes untouched; the row says where steadying it would have kept the prompt cached', async () => {
  const { ask } = await start('claude');
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
  const { core, ask } = await start('steady');
  for (const { id } of await core.handlers['keys.list'](undefined))
    await core.handlers['keys.set-attribution']({ id, isSteady: true });
  for (const value of ['a1b2c', 'd3e4f']) {
    const { body, sent, hints } = await ask([{ type: 'text', text: lineWith(value) }], `cch=${value}`);
    expect(sent).toBe(body.replace(`cch=${value};`, 'cch=00000;'));
    expect(hints).toEqual([]);
  }
});

const text = 'All work and no play makes a long prompt. '.repeat(100);

test('a turn whose prompt the cache did not know says why and what it cost, at the request and in the sums', async () => {
  const core = coreHere();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const ask = async (system: string, turns: number, usage: object) => {
    const content = [{ type: 'text', text: 'Yes.' }];
    const answer = { id: 'm', type: 'message', role: 'assistant', model: 'claude-opus-4-8', content, usage };
    upstream.script({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) });
    const messages = Array.from({ length: turns }, (_, index) => ({
      role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: `turn ${index}`,
    }));
    const sent = { model: 'claude-opus-4-8', max_tokens: 9, system: `${text}\n${system}`, messages };
    const headers = { 'x-corvus-tag-session': 'one' };
    await core.anthropic(key).client.messages.create(sent, { headers });
    return core.newest();
  };
  const written = {
    input_tokens: 10,
    output_tokens: 5,
    cache_creation_input_tokens: 8_000,
    cache_read_input_tokens: 0,
  };
  const first = await ask('It is Friday.', 1, written);
  expect(first.cacheBreak).toBeNull();
  const read = { ...written, cache_creation_input_tokens: 100, cache_read_input_tokens: 8_000 };
  const second = await ask('It is Friday.', 3, read);
  expect(second.cacheBreak).toBeNull();
  const third = await ask('It is Saturday.', 5, { ...written, cache_creation_input_tokens: 8_200 });
  expect(third.cacheBreak).toMatchObject({ cause: 'system', at: 2, tokens: 8_100, before: second.id });

  const lost = third.cacheBreak?.lost;
  const { rows } = await core.handlers['requests.list']({
    filter: { ...noFilter, cost: 'lost-cache' },
    cursor: null,
    limit: 9,
  });
  expect(rows.map(({ id }) => id)).toEqual([third.id]);
  const filter = { ...anyUsage, session: 'one' };
  const asked = { timeZone: 'UTC', range: '24h', filter, limit: 9 } as const;
  const { total } = await core.handlers['usage.report']({ ...asked, by: 'tool', sort: 'cost' });
  expect(total).toMatchObject({ requests: 3, cacheLost: lost });
  expect(await core.handlers['usage.cache-breaks'](asked)).toMatchObject([{ id: third.id, cacheBreak: { lost } }]);
});
