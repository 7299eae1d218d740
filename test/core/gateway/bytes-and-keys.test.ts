import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { answerFor } from '../../support/fakes/provider-answers.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { type RunningCore, startCore } from './start-core.ts';

const providerKey = 'sk-provider-canary-8f3b1c';

async function startBoth(
  dialectFamily: 'openai' | 'anthropic',
): Promise<{ core: RunningCore; upstream: MockUpstream; localKey: string }> {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  return { core, upstream, localKey: await core.addProvider('own', dialectFamily, upstream.origin, providerKey) };
}

function post(url: string, localKey: string, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${localKey}`, 'content-type': 'application/json', 'x-trace': 'kept' };
  return fetch(url, { method: 'POST', headers, body });
}

const text = fc.string({ unit: 'grapheme', maxLength: 60 });

test.each([
  ['openai', '/v1/chat/completions', { stream_options: { include_usage: true } }],
  ['anthropic', '/anthropic/v1/messages', {}],
] as const)(
  '%s: a request and its stream pass byte for byte, however they are cut',
  async (dialectFamily, path, extra) => {
    const { core, upstream, localKey } = await startBoth(dialectFamily);
    await fc.assert(
      fc.asyncProperty(text, fc.integer(), async (content, cutSeed) => {
        const sent = JSON.stringify(
          { model: 'any', max_tokens: 9, stream: true, ...extra, messages: [{ role: 'user', content }] },
          null,
          1,
        );
        const answer = answerFor(path.replace('/anthropic', ''), sent);
        upstream.script({ headers: { 'content-type': 'text/event-stream' }, body: answer, cutSeed });
        const reply = await post(core.url + path, localKey, sent);
        expect(Buffer.from(await reply.arrayBuffer()).equals(answer)).toBe(true);
        expect(upstream.received.at(-1)?.body.toString('utf8')).toBe(sent);
        expect(upstream.received.at(-1)?.headers['x-trace']).toBe('kept');
      }),
      { numRuns: 25 },
    );
    expect(await core.newest()).toMatchObject({ status: 'completed', lane: 'local', usageSource: 'provider' });
  },
  60_000,
);

test('the one exception: usage is asked for upstream where the client did not, and hidden from it again', async () => {
  const { core, upstream, localKey } = await startBoth('openai');
  const sent = '{"model":"any","stream":true,"messages":[{"role":"user","content":"Hi"}]}';
  const reply = await (await post(`${core.url}/v1/chat/completions`, localKey, sent)).text();
  const arrived = upstream.received.at(-1)?.body.toString('utf8') ?? '';
  expect(JSON.parse(arrived)).toEqual({ ...JSON.parse(sent), stream_options: { include_usage: true } });
  expect(reply).not.toContain('"usage":{');
  expect(reply.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect(await core.newest()).toMatchObject({ usageSource: 'provider', inputTokens: 19, outputTokens: 10 });
});

test('the local key never reaches the upstream, the provider’s key never the client, the log or the database', async () => {
  const { core, upstream, localKey } = await startBoth('openai');
  const body = JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hi' }] });
  const url = `${core.url}/v1/chat/completions`;
  const seen: string[] = [];
  async function note(reply: Response): Promise<void> {
    seen.push(JSON.stringify([...reply.headers]), await reply.text());
  }
  await note(await post(url, localKey, body));
  // What a provider says of a key it refuses: the key itself, in full.
  const echoed = {
    error: {
      message: `Incorrect API key provided: ${providerKey}.`,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    },
  };
  upstream.script({ status: 401, headers: { 'content-type': 'application/json' }, body: JSON.stringify(echoed) });
  await note(await post(url, localKey, body));
  upstream.script({
    status: 500,
    headers: { 'content-type': 'text/html', 'x-debug': providerKey },
    body: `<h1>${providerKey}</h1>`,
  });
  await note(await post(url, localKey, body));
  expect(upstream.received).toHaveLength(3);
  for (const request of upstream.received) {
    const everything = JSON.stringify([request.path, request.rawHeaders, request.body.toString('utf8')]);
    expect(everything).toContain(providerKey);
    expect(everything).not.toContain(localKey);
  }
  await core.newest();
  const files = (await readdir(core.home)).filter((name) => /\.(db|db-wal|log|json)$/.test(name));
  expect(files.length).toBeGreaterThan(2);
  for (const name of files) {
    const content = await readFile(join(core.home, name), 'latin1');
    expect(content.includes(providerKey), name).toBe(false);
    expect(content.includes(localKey), name).toBe(false);
  }
  expect(await core.log()).not.toContain(providerKey);
  expect(seen.join('\n')).not.toContain(providerKey);
});
