import { toFile } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

async function start() {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('media', 'openai', upstream.origin, 'sk-media');
  return { core, upstream, ...core.openai(key) };
}

const sound = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 256));
const json = { 'content-type': 'application/json' };

test('a picture is made, and the usage that the reply states is in the row', async () => {
  const { core, upstream, client } = await start();
  const usage = {
    input_tokens: 60,
    input_tokens_details: { text_tokens: 10, image_tokens: 50 },
    output_tokens: 4000,
    total_tokens: 4060,
  };
  const body = JSON.stringify({ created: 1, data: [{ b64_json: 'iVBOR' }], usage });
  upstream.script({ status: 200, headers: json, body });
  const picture = await client.images.generate({ model: 'gpt-image-1', prompt: 'a crow' });
  expect(picture.data?.[0]?.b64_json).toBe('iVBOR');
  expect(upstream.received[0]).toMatchObject({ method: 'POST', path: '/v1/images/generations' });
  expect(await core.newest()).toMatchObject({
    status: 'completed',
    dialect: 'openai-passthrough',
    endpoint: '/v1/images/generations',
    modelRequested: 'gpt-image-1',
    usage: { freshInput: 10, imageInput: 50, outputText: 4000 },
  });
});

test('spoken audio comes back byte for byte, and its row says that usage is not known', async () => {
  const { core, upstream, client } = await start();
  upstream.script({ status: 200, headers: { 'content-type': 'audio/mpeg' }, body: sound });
  const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' });
  expect(Buffer.from(await spoken.arrayBuffer()).equals(sound)).toBe(true);
  expect(spoken.headers.get('content-type')).toBe('audio/mpeg');
  expect(await core.newest()).toMatchObject({ status: 'completed', usage: null, responseBytes: sound.length });
});

test('a recording is sent as the form it came in', async () => {
  const { core, upstream, client } = await start();
  upstream.script({
    status: 200,
    headers: json,
    body: '{"text":"hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":2}}',
  });
  const { text } = await client.audio.transcriptions.create({
    model: 'gpt-4o-transcribe',
    file: await toFile(sound, 'a.mp3'),
  });
  expect(text).toBe('hello');
  const [received] = upstream.received;
  expect(received?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(received?.body.includes(sound)).toBe(true);
  expect(await core.newest()).toMatchObject({
    modelRequested: 'gpt-4o-transcribe',
    usage: { freshInput: 14, outputText: 2 },
  });
});

test('moderations pass', async () => {
  const { upstream, client } = await start();
  upstream.script({
    status: 200,
    headers: json,
    body: '{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}',
  });
  const { results } = await client.moderations.create({ model: 'omni-moderation-latest', input: 'Hello' });
  expect(results[0]?.flagged).toBe(false);
});

test('files are sent, listed, fetched and deleted', async () => {
  const { core, upstream, client } = await start();
  upstream.script({ status: 200, headers: json, body: '{"id":"file-1","object":"file"}' });
  upstream.script({ status: 200, headers: json, body: '{"object":"list","data":[{"id":"file-1"}],"has_more":false}' });
  upstream.script({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: sound });
  upstream.script({ status: 200, headers: json, body: '{"id":"file-1","object":"file","deleted":true}' });
  expect((await client.files.create({ purpose: 'batch', file: await toFile(sound, 'a.bin') })).id).toBe('file-1');
  expect((await client.files.list({ purpose: 'batch' })).data).toHaveLength(1);
  expect(Buffer.from(await (await client.files.content('file-1')).arrayBuffer()).equals(sound)).toBe(true);
  expect((await client.files.delete('file-1')).deleted).toBe(true);
  expect(upstream.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/files',
    'GET /v1/files?purpose=batch',
    'GET /v1/files/file-1/content',
    'DELETE /v1/files/file-1',
  ]);
  expect(await core.newest()).toMatchObject({ modelRequested: 'files', endpoint: '/v1/files/file-1' });
});

test('a web page in place of a sound is refused', async () => {
  const { upstream, client } = await start();
  upstream.script({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' });
  await expect(
    client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' }, { maxRetries: 0 }),
  ).rejects.toMatchObject({
    code: 'upstream_not_json',
  });
});
