import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toolIdSchema } from '#shared/domain/tool.ts';
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
    await first.handlers['tools.connect']({ id: codex, model: null, seen });
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
    await moved.openai(key).client.responses.create({ model: 'corvus/echo', input: 'Hello' });
    await moved.handlers['tools.undo']({ id: codex });
    expect(await readFile(file, 'utf8')).toBe(before);
  },
);

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
