import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { type RunningCore, startCore } from '../gateway/start-core.ts';

const codex = toolIdSchema.parse('codex');

test(
  'a taken port leads to the next free one, and connected tools follow it in the same step',
  { timeout: 60_000 },
  async () => {
    const first = await startCore();
    const { home } = first;
    const file = join(home, '.codex', 'config.toml');
    const before = '# mine\nmodel = "gpt-5"\n';
    await mkdir(join(home, '.codex'));
    await writeFile(file, before);
    const { seen } = await first.handlers['tools.plan']({ id: codex, model: null, terminal: [] });
    const { connection } = await first.handlers['tools.connect']({ id: codex, model: null, seen });
    if (!connection) throw new Error('it is not connected');
    const { keyId } = connection;
    const limits = { ...noLimits, models: ['corvus/*'] };
    await first.handlers['keys.set-limits']({ id: keyId, limits });
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void blocker.close());
    const { port: taken } = blocker.address() as AddressInfo;

    const refusal = await first.handlers['settings.set']({ port: taken }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'port_taken', message: expect.stringMatching(/Port \d+ is free/) });
    expect((await first.handlers['settings.get'](undefined)).port).toBe(4477);
    const ownPort = Number(new URL(first.url).port);
    expect(await first.handlers['settings.set']({ port: ownPort })).toMatchObject({ port: ownPort });
    await first.stop();

    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(ownPort, '127.0.0.1', resolve));
    onTestFinished(() => void squatter.close());
    const failure = await startCore({ home, port: { from: 'setting', moveTo: null } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'port_taken',
      details: { body: { port: ownPort, free: expect.any(Number) } },
    });
    const { free, core: moved } = await startAtFree(home, failure);
    expect(moved.url).toBe(`http://127.0.0.1:${free}`);
    expect((await moved.handlers['settings.get'](undefined)).port).toBe(free);
    const settings = await readFile(file, 'utf8');
    expect(settings).toContain(`http://127.0.0.1:${free}/v1`);
    expect(settings).not.toContain(String(ownPort));
    const key = /sk-local-[\w-]+/.exec(settings)?.[0] ?? '';
    const keys = (await moved.handlers['keys.list'](undefined)).filter(({ label }) => label === 'Codex');
    expect(keys).toEqual([expect.objectContaining({ id: keyId, limits, revokedAtMs: null })]);
    await moved.openai(key).client.responses.create({ model: 'corvus/echo', input: 'Hello' });
    await moved.handlers['tools.undo']({ id: codex });
    expect(await readFile(file, 'utf8')).toBe(before);
  },
);

test('a tool whose key was revoked follows the port, and stays refused', { timeout: 60_000 }, async () => {
  const first = await startCore();
  const { home } = first;
  await mkdir(join(home, '.codex'));
  const { seen } = await first.handlers['tools.plan']({ id: codex, model: null, terminal: [] });
  const { connection } = await first.handlers['tools.connect']({ id: codex, model: null, seen });
  if (!connection) throw new Error('it is not connected');
  await first.handlers['keys.revoke']({ id: connection.keyId });
  await first.handlers['settings.set']({ port: await freePort() });
  await first.stop();
  const moved = await startCore({ home, port: { from: 'setting', moveTo: null } });
  const settings = await readFile(join(home, '.codex', 'config.toml'), 'utf8');
  expect(settings).toContain(`${moved.url}/v1`);
  const key = /sk-local-[\w-]+/.exec(settings)?.[0] ?? '';
  const reply = await fetch(`${moved.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  expect(reply.status).toBe(401);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts at the port that a refusal has named; another program may have taken it meanwhile. */
async function startAtFree(home: string, refusal: unknown): Promise<{ free: number; core: RunningCore }> {
  const { free } = (refusal as { details: { body: { free: number } } }).details.body;
  try {
    return { free, core: await startCore({ home, port: { from: 'setting', moveTo: free } }) };
  } catch (error) {
    expect(error).toMatchObject({ code: 'port_taken', details: { body: { port: free } } });
    return startAtFree(home, error);
  }
}
