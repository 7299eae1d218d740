import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createCore } from '#core/create-core.ts';
import type { PortChoice } from '#core/core.ts';
import type { Ports } from '#core/ports.ts';
import type { CallName, Handlers } from '#shared/contract/contract.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { fileSecretStore } from '../../../src/main/host/file-secret-store.ts';
import { openHome } from '../../../src/main/host/home.ts';
import { nodeClock, nodeRandom, openFileLogger } from '../../../src/main/host/node-ports.ts';
import { userSpaceHere } from '../../../src/main/host/user-space.ts';
import { sandbox } from '../../../src/main/sandbox.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { testFolder } from '../../support/test-folder.ts';

export interface RunningCore {
  url: string;
  home: string;
  handlers: Handlers;
  resetConnections(): Promise<void>;
  stop(): Promise<void>;
  /** A new local key's secret. */
  newKey(route?: string): Promise<string>;
  /** A provider of either dialect at this address, and a local key that is bound to it. */
  addProvider(id: string, dialectFamily: 'openai' | 'anthropic', origin: string, key: string): Promise<string>;
  openai(apiKey: string): Counted<OpenAI>;
  anthropic(apiKey: string): Counted<Anthropic>;
  /** The row of a request once it has ended. */
  row(id: string | null | undefined): Promise<RequestDetail>;
  /** The newest row. */
  newest(): Promise<RequestDetail>;
  balance(): Promise<string>;
  log(): Promise<string>;
  /** Notifications to the person. */
  notifications: readonly { title: string; body: string }[];
}

/** A client, and how often it really asked. */
export interface Counted<Client> {
  client: Client;
  calls(): number;
}

export interface StartOptions {
  clock?: Ports['clock'];
  environment?: Readonly<Record<string, string>>;
  port?: PortChoice;
  /** Of a core that was stopped. */
  home?: string;
}

/** The whole desktop engine in this process: real store, vault, sandbox and sockets. */
export async function startCore({ home, ...options }: StartOptions = {}): Promise<RunningCore> {
  const core = await openCore({ ...options, home: home ?? (await temporaryHome()) });
  onTestFinished(() => core.stop());
  return core;
}

/**
 * One core for all tests of a file, which takes a second to start: for tests that share keys, rows and settings without
 * harm.
 */
export function coreOfFile(): () => RunningCore {
  let core: RunningCore | null = null;
  let home = '';
  beforeAll(async () => {
    home = await mkdtemp(join(testFolder, 'corvusllm-test-'));
    core = await openCore({ home });
  });
  afterAll(async () => {
    await core?.stop();
    await rm(home, { recursive: true, force: true });
  });
  return () => {
    if (!core) throw new Error('the core has not started');
    return core;
  };
}

async function openCore({
  clock = nodeClock,
  home,
  environment = {},
  port = { from: 'given', port: 0 },
}: StartOptions & { home: string }): Promise<RunningCore> {
  const paths = await openHome(home);
  const logger = await openFileLogger(home);
  const notifications: { title: string; body: string }[] = [];
  const ports: Ports = {
    clock,
    random: nodeRandom,
    logger,
    paths,
    secrets: fileSecretStore({ home, passphrase: undefined, logger }),
    notify: { show: (notification) => void notifications.push(notification) },
    openExternal: { open: async () => undefined },
    userSpace: userSpaceHere(home, { PATH: process.env['PATH'], ...environment }),
    sandbox,
  };
  const core = createCore({ port, withSandbox: true, version: '0.0.0' }, ports);
  const { gatewayUrl: url } = await core.start();
  const { handlers } = core;

  async function row(id: string | null | undefined): Promise<RequestDetail> {
    const requestId = requestIdSchema.parse(id);
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        const stop = core.on('requests.changed', () => {
          stop();
          resolve();
        });
      });
      const detail = await handlers['requests.get']({ id: requestId }).catch(() => null);
      if (detail && detail.status !== 'open') return detail;
      await changed;
    }
  }
  const newKey = async (route = 'auto') => (await handlers['keys.create']({ label: 'tool', route })).secret;

  return {
    url,
    home,
    handlers,
    resetConnections: () => core.resetConnections(),
    stop: () => core.stop(),
    newKey,
    async addProvider(id, dialectFamily, origin, key) {
      const baseUrl = dialectFamily === 'openai' ? `${origin}/v1` : origin;
      const dialects = dialectFamily === 'openai' ? ['openai-chat', 'openai-responses'] : ['anthropic-messages'];
      const custom = { dialects, isLocal: true };
      await call(handlers, 'providers.add', { id, kind: 'custom', baseUrl, custom, key });
      return newKey(`provider:${id}`);
    },
    openai: (apiKey) => counted((fetch) => new OpenAI({ baseURL: `${url}/v1`, apiKey, fetch })),
    anthropic: (apiKey) =>
      counted((fetch) => new Anthropic({ baseURL: `${url}/anthropic`, apiKey, authToken: null, fetch })),
    row,
    async newest() {
      const { rows } = await handlers['requests.list']({ filter: noFilter, cursor: null, limit: 1 });
      return row(rows[0]?.id);
    },
    async balance() {
      const balance = await handlers['balance.get']({ refresh: true });
      return 'balance' in balance ? balance.balance : balance.state;
    },
    notifications,
    async log() {
      logger.flush();
      return readFile(`${home}/corvusllm.log`, 'utf8');
    },
  };
}

/** Input as it comes over a wire: ids are not branded yet. */
function call<K extends CallName>(handlers: Handlers, name: K, input: unknown): ReturnType<Handlers[K]> {
  return (handlers[name] as (input: unknown) => ReturnType<Handlers[K]>)(input);
}

function counted<Client>(make: (fetch: typeof globalThis.fetch) => Client): Counted<Client> {
  let calls = 0;
  const client = make((...parameters) => {
    calls += 1;
    return fetch(...parameters);
  });
  return { client, calls: () => calls };
}
