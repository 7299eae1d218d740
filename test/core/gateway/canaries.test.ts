import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noFilter } from '#shared/contract/no-filter.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { canary, echoingAnswers, longestHarmless, longestLeak } from '../../support/fakes/echoing-answers.ts';
import { startRawUpstream } from '../../support/fakes/raw-upstream.ts';
import { type RunningCore, startCore } from './start-core.ts';

const json = (body: unknown) => JSON.stringify(body);

async function ask(core: RunningCore, path: string, localKey: string, isStream: boolean): Promise<string> {
  const body = json({ model: 'any', max_tokens: 9, stream: isStream, messages: [{ role: 'user', content: 'Hi' }] });
  const headers = { authorization: `Bearer ${localKey}`, 'content-type': 'application/json' };
  const reply = await fetch(core.url + path, { method: 'POST', headers, body, redirect: 'manual' });
  const text = await reply.text().catch((error: unknown) => String(error));
  return `${reply.status} ${reply.statusText} ${json([...reply.headers])} ${text}`;
}

test('a key echoed anywhere in a provider’s answer reaches no client, row, event, log or file (F13, A25)', async () => {
  const core = await startCore();
  const upstream = await startRawUpstream();
  const outputs: string[] = [];
  const openai = await core.addProvider('own', 'openai', upstream.origin, canary);
  const anthropic = await core.addProvider('other', 'anthropic', upstream.origin, canary);
  for (const [name, bytes] of Object.entries(echoingAnswers)) {
    upstream.answer(bytes);
    const asked = [
      ['/v1/chat/completions', openai],
      ['/v1/messages', openai],
      ['/anthropic/v1/messages', anthropic],
      ['/v1/responses', openai],
    ].flatMap(([path = '', key = '']) => [false, true].map((isStream) => ask(core, path, key, isStream)));
    for (const output of await Promise.all(asked)) {
      expect(longestLeak(output), `${name}: ${output}`).toBeLessThanOrEqual(longestHarmless);
      outputs.push(output);
    }
    for (const id of ['own', 'other'] as const) {
      const tested = await core.handlers['providers.test']({ id: providerIdSchema.parse(id) }).catch((error: unknown) =>
        String(error),
      );
      outputs.push(json(tested));
    }
  }
  expect(outputs.some((output) => output.includes('********'))).toBe(true);
  outputs.push(json(await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 500 })));
  outputs.push(
    json(await core.handlers['providers.list'](undefined)),
    json(await core.handlers['models.list'](undefined)),
    await core.log(),
  );
  for (const output of outputs) expect(longestLeak(output), output).toBeLessThanOrEqual(longestHarmless);
  await core.newest();
  const files = (await readdir(core.home)).filter((name) => /\.(db|db-wal|log|json)$/.test(name));
  for (const name of files)
    expect(longestLeak(await readFile(join(core.home, name), 'latin1')), name).toBeLessThanOrEqual(longestHarmless);
}, 60_000);
