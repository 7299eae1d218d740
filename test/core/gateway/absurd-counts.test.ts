import { expect, onTestFinished, test } from 'vitest';
import { noFilter } from '#shared/contract/no-filter.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const absurd = Number.MAX_SAFE_INTEGER;

test('counts that no model can have are no counts, and every row after them is still written (F12, F27)', async () => {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const core = await startCore();
  await core.addProvider('liar', 'openai', upstream.origin, 'sk-of-the-liar-1234567890');
  const { client } = core.openai(await core.newKey('provider:liar'));
  const counts = [
    { prompt_tokens: absurd, completion_tokens: absurd },
    { prompt_tokens: 2 ** 50, completion_tokens: 1 },
    { prompt_tokens: 1, completion_tokens: 2 ** 41 },
    { prompt_tokens: 12, completion_tokens: 3 },
  ];
  for (const usage of counts) {
    upstream.script({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'c',
        object: 'chat.completion',
        model: 'gpt-5',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Nine byte'.repeat(4) }, finish_reason: 'stop' }],
        usage,
      }),
    });
    await client.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] });
  }
  const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 10 });
  expect(rows.map(({ status, usageSource, outputTokens }) => [status, usageSource, outputTokens])).toEqual([
    ['completed', 'provider', 3],
    ['completed', 'estimated', 9],
    ['completed', 'estimated', 9],
    ['completed', 'estimated', 9],
  ]);
});
