import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SecretStore, UserSpace } from '#core/ports.ts';
import { createToolsService, type ToolsServiceDeps } from '#core/tools/tools-service.ts';
import { CorvusError } from '#shared/errors.ts';
import { toolIdSchema } from '#shared/domain/tool.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { userSpaceHere } from '../../../src/main/host/user-space.ts';
import { startServices } from '../../support/services-fixture.ts';
import { quiet } from '../../support/store-fixture.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const pi = toolIdSchema.parse('pi');
const before = {
  'models.json': '{\n  // mine\n  "providers": {}\n}\n',
  'settings.json': '{ "theme": "dark" }\n',
} as const;

/** A machine that loses power at one write: nothing after it happens. */
function failing(space: UserSpace, secrets: SecretStore, atWrite: number) {
  let writes = 0;
  const guarded = async <T>(write: () => Promise<T>): Promise<T> => {
    writes += 1;
    if (writes >= atWrite) throw new Error('no power');
    return write();
  };
  return {
    space: {
      ...space,
      write: (path: string, text: string) => guarded(() => space.write(path, text)),
      remove: (path: string) => guarded(() => space.remove(path)),
    },
    secrets: {
      ...secrets,
      write: (name: string, secret: string) => guarded(() => secrets.write(name, secret)),
      remove: (name: string) => guarded(() => secrets.remove(name)),
    },
  };
}

async function setUp() {
  /** As after the restore of a backup from before these keys. */
  const goneKeys = new Set<LocalKeyId>();
  const home = await temporaryHome();
  const folder = join(home, '.pi', 'agent');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(before)) await writeFile(join(folder, name), text);
  const stored = new Map<string, string>();
  const secrets: SecretStore = {
    description: 'a map',
    warning: () => null,
    read: async (name) => stored.get(name) ?? null,
    write: async (name, secret) => void stored.set(name, secret),
    remove: async (name) => void stored.delete(name),
  };
  const services = await startServices();
  const space = userSpaceHere(home, {});
  const calls: ToolsServiceDeps['handlers'] = {
    ...services.handlers,
    'models.list': async () => ({ catalogueVersion: '1', models: [] }),
    'keys.list': async () => (await services.handlers['keys.list'](undefined)).filter(({ id }) => !goneKeys.has(id)),
    async 'keys.revoke'({ id }) {
      if (goneKeys.has(id)) throw new CorvusError('not_found', 'This local key does not exist.');
      return services.handlers['keys.revoke']({ id });
    },
  };
  const create = (ports: { secrets: SecretStore; userSpace: UserSpace }) =>
    createToolsService({
      ports: { ...ports, clock: nodeClock, logger: quiet },
      handlers: calls,
      gatewayUrl: () => 'http://127.0.0.1:4477',
      emit: () => undefined,
    });
  const texts = async () =>
    Object.fromEntries(
      await Promise.all(Object.keys(before).map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
    );
  return { services, space, secrets, create, texts, goneKeys };
}

type Bench = Awaited<ReturnType<typeof setUp>>;

async function connect(
  { create, secrets, space }: Bench,
  ports: { secrets: SecretStore; space: UserSpace } = { secrets, space },
): Promise<void> {
  const { handlers } = create({ secrets: ports.secrets, userSpace: ports.space });
  const { seen } = await handlers['tools.plan']({ id: pi, model: 'glm-4.6', terminal: [] });
  await handlers['tools.connect']({ id: pi, model: 'glm-4.6', seen });
}

test(
  'a crash between any two writes leaves old or new files, and a journal that finishes the job',
  { timeout: 60_000 },
  async () => {
    const bench = await setUp();
    await using _services = bench.services;
    const { secrets, space, create, texts } = bench;
    let isDone = false;
    for (let atWrite = 1; !isDone; atWrite += 1) {
      isDone = await connect(bench, failing(space, secrets, atWrite)).then(
        () => true,
        () => false,
      );
      const left = await texts();
      const next = create({ secrets, userSpace: space });
      await next.start();
      const [tool] = (await next.handlers['tools.list']({ terminal: [] })).filter(({ id }) => id === pi);
      const now = await texts();
      if (tool?.connection) {
        expect(
          tool.connection.files.map(({ state }) => state),
          `write ${atWrite}`,
        ).toEqual(['in-place', 'in-place']);
        for (const name of Object.keys(before))
          expect([before[name as keyof typeof before], now[name]]).toContain(left[name]);
        await next.handlers['tools.undo']({ id: pi });
      }
      expect(await texts(), `write ${atWrite}`).toEqual(before);
    }

    isDone = false;
    for (let atWrite = 1; !isDone; atWrite += 1) {
      await connect(bench);
      const connected = await texts();
      const broken = failing(space, secrets, atWrite);
      isDone = await create({ secrets: broken.secrets, userSpace: broken.space })
        .handlers['tools.undo']({ id: pi })
        .then(
          () => true,
          () => false,
        );
      const left = await texts();
      for (const [name, text] of Object.entries(before)) expect([text, connected[name]]).toContain(left[name]);
      const next = create({ secrets, userSpace: space });
      await next.start();
      await next.handlers['tools.restore'](undefined);
      expect(await texts(), `write ${atWrite}`).toEqual(before);
    }
  },
);

test('a key that was made for settings which then cannot be written is revoked', async () => {
  const bench = await setUp();
  await using services = bench.services;
  const { space, create } = bench;
  const inUse = async () =>
    (await services.handlers['keys.list'](undefined)).filter(({ revokedAtMs }) => revokedAtMs === null);
  const locked: SecretStore = { ...bench.secrets, write: () => Promise.reject(new Error('the vault is locked')) };
  await expect(connect(bench, { secrets: locked, space })).rejects.toThrow('the vault is locked');
  expect(await inUse()).toEqual([]);
  const { handlers } = create({ secrets: locked, userSpace: space });
  const start = handlers['tools.start']({ id: null, command: 'mine', model: 'glm-4.6', isOneRun: false });
  await expect(start).rejects.toThrow('the vault is locked');
  expect(await inUse()).toEqual([]);

  // The settings can be read for the plan, and not once there is a key for them.
  const { seen } = await create({ secrets: bench.secrets, userSpace: space }).handlers['tools.plan']({
    id: pi,
    model: 'glm-4.6',
    terminal: [],
  });
  const unread: UserSpace = {
    ...space,
    read: async (path) => ((await inUse()).length === 0 ? space.read(path) : Promise.reject(new Error('no disk'))),
  };
  const { handlers: unable } = create({ secrets: bench.secrets, userSpace: unread });
  await expect(unable['tools.connect']({ id: pi, model: 'glm-4.6', seen })).rejects.toThrow('no disk');
  expect(await inUse()).toEqual([]);
});

test('where a second connection cannot be written, the first one stays, and can be undone', async () => {
  const bench = await setUp();
  await using services = bench.services;
  const { secrets, space, create, texts } = bench;
  await connect(bench);
  const connected = await texts();
  const keyIds = async () =>
    (await services.handlers['keys.list'](undefined)).flatMap(({ id, revokedAtMs }) =>
      revokedAtMs === null ? [id] : [],
    );
  const known = await keyIds();
  let written = 0;
  const full: UserSpace = {
    ...space,
    async write(path, text) {
      written += 1;
      if (written === 2) throw new Error('the disk is full');
      await space.write(path, text);
    },
  };
  await expect(connect(bench, { secrets, space: full })).rejects.toThrow('the disk is full');
  expect(await texts()).toEqual(connected);
  expect(await keyIds()).toEqual(known);
  await create({ secrets, userSpace: space }).handlers['tools.undo']({ id: pi });
  expect(await texts()).toEqual(before);
});

test('a file that a second connection leaves is put back where another one cannot be written', async () => {
  const { services, secrets, space, create } = await setUp();
  await using _services = services;
  const opencode = toolIdSchema.parse('opencode');
  const folder = join(space.home, '.config', 'opencode');
  const [first, second] = [join(folder, 'opencode.jsonc'), join(folder, 'opencode.json')];
  await mkdir(folder, { recursive: true });
  await writeFile(first, '{ "theme": "dark" } // mine\n');
  const connectWith = async (userSpace: UserSpace) => {
    const { handlers } = create({ secrets, userSpace });
    const { seen } = await handlers['tools.plan']({ id: opencode, model: 'glm-4.6', terminal: [] });
    await handlers['tools.connect']({ id: opencode, model: 'glm-4.6', seen });
  };
  await connectWith(space);
  const connected = await readFile(first, 'utf8');
  await writeFile(second, '{ "theirs": true }\n');
  const full: UserSpace = {
    ...space,
    async write(path, text) {
      if (path === second) throw new Error('the disk is full');
      await space.write(path, text);
    },
  };
  await expect(connectWith(full)).rejects.toThrow('the disk is full');
  expect(await readFile(first, 'utf8')).toBe(connected);
  expect(await readFile(second, 'utf8')).toBe('{ "theirs": true }\n');

  await chmod(first, 0o400);
  await expect(connectWith(space)).rejects.toThrow(`${first} is read-only`);
  expect(await readFile(first, 'utf8')).toBe(connected);
});

test(
  'a crash in a second connection leaves one that is whole, and an undo that restores what was there',
  { timeout: 60_000 },
  async () => {
    const bench = await setUp();
    await using _services = bench.services;
    const { secrets, space, create, texts } = bench;
    let isDone = false;
    for (let atWrite = 1; !isDone; atWrite += 1) {
      await connect(bench);
      isDone = await connect(bench, failing(space, secrets, atWrite)).then(
        () => true,
        () => false,
      );
      const next = create({ secrets, userSpace: space });
      await next.start();
      const [tool] = (await next.handlers['tools.list']({ terminal: [] })).filter(({ id }) => id === pi);
      const states = tool?.connection?.files.map(({ state }) => state);
      expect(states, `write ${atWrite}`).toEqual(['in-place', 'in-place']);
      await next.handlers['tools.undo']({ id: pi });
      expect(await texts(), `write ${atWrite}`).toEqual(before);
    }
  },
);

test('a tool whose key is gone can be connected again and undone, and what a crash left is finished', async () => {
  const bench = await setUp();
  await using _services = bench.services;
  const { secrets, space, create, texts, goneKeys } = bench;
  const { handlers, start } = create({ secrets, userSpace: space });
  const state = async () => (await handlers['tools.list']({ terminal: [] })).find(({ id }) => id === pi)?.connection;
  const loseKey = async () => {
    const keyId = (await state())?.keyId;
    if (keyId) goneKeys.add(keyId);
    return keyId;
  };
  await connect(bench);
  const lost = await loseKey();
  await connect(bench);
  expect(await state()).toMatchObject({ isKeyRefused: false, keyId: expect.not.stringContaining(lost ?? '') });

  await loseKey();
  const stored = await secrets.read('tools.pi');
  await secrets.write('tools.pi', JSON.stringify({ ...JSON.parse(stored ?? ''), state: 'undoing' }));
  await start();
  expect(await state()).toBeNull();
  expect(await texts()).toEqual(before);
});

test('a tool that is set up by hand gets no key for one run: nothing would end it', async () => {
  const bench = await setUp();
  await using _services = bench.services;
  const { handlers } = bench.create({ secrets: bench.secrets, userSpace: bench.space });
  const keys = await bench.services.handlers['keys.list'](undefined);
  const start = handlers['tools.start']({
    id: toolIdSchema.parse('cline'),
    command: 'cline',
    model: 'glm-4.6',
    isOneRun: true,
  });
  await expect(start).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('by hand') });
  expect(await bench.services.handlers['keys.list'](undefined)).toEqual(keys);
});
