import { once } from 'node:events';
import { createServer } from 'node:http';
import { Ollama } from 'ollama';
import { expect, onTestFinished, test } from 'vitest';
import { providerIdSchema } from '#shared/ids.ts';
import { startCore } from './start-core.ts';

/** A server on a free port, as Ollama would be there. */
async function occupiedPort() {
  const server = createServer((_request, response) => response.end('Ollama is running'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const close = () => new Promise((resolve) => server.close(resolve));
  onTestFinished(async () => void (server.listening && (await close())));
  return { port: typeof address === 'object' && address ? address.port : 0, close };
}

test('Ollama’s port is answered where that is wanted and free, by the rules of the gateway', async () => {
  const core = await startCore();
  const status = async () => (await core.handlers['app.status'](undefined)).ollama;
  const { port, close } = await occupiedPort();
  expect(await status()).toBeNull();

  await expect(core.handlers['settings.set']({ ollamaPort: port })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining('Ollama'),
  });
  expect((await core.handlers['settings.get'](undefined)).ollamaPort).toBeNull();

  await close();
  const id = providerIdSchema.parse('own-ollama');
  const custom = { dialects: ['openai-chat' as const], isLocal: true };
  await core.handlers['providers.add']({ id, kind: 'custom', baseUrl: `http://localhost:${port}`, custom, key: null });
  await expect(core.handlers['settings.set']({ ollamaPort: port })).rejects.toMatchObject({ code: 'conflict' });
  await core.handlers['providers.remove']({ id });

  await core.handlers['settings.set']({ ollamaPort: port });
  const url = `http://127.0.0.1:${port}`;
  expect(await status()).toEqual({ url, problem: null });
  const key = await core.newKey();
  const client = new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } });
  const { message } = await client.chat({ model: 'glm-4.6', messages: [{ role: 'user', content: '#echo text Hi' }] });
  expect(message.content).toBe('Hi');
  expect(await (await fetch(url)).text()).toBe('Corvus is running');
  expect((await fetch(url, { headers: { origin: 'https://a.example' } })).status).toBe(403);
  expect((await fetch(`${url}/api/tags`)).status).toBe(401);
  expect((await fetch(`${core.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  const loop = core.handlers['providers.add']({ id, kind: 'custom', baseUrl: url, custom, key: null });
  await expect(loop).rejects.toMatchObject({ code: 'proxy_loop' });

  await core.handlers['settings.set']({ ollamaPort: null });
  expect(await status()).toBeNull();
  await expect(fetch(url)).rejects.toThrow();
});
