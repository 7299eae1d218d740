import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backend,
  type BackendOptions,
  createBackend,
  echoForEveryFamily,
  systemClock,
  systemRandom,
} from '#backend/create-backend.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../resources/price-catalogue.json' with { type: 'json' };

export const quietLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface TestBackend {
  backend: Backend;
  baseUrl: string;
  customerKey: string;
  customerKeyId: string;
  accountId: string;
  databasePath: string;
  /** GET or POST with the customer key. */
  call(path: string, init?: { method?: string; body?: unknown; headers?: Record<string, string>; key?: string }): Promise<Response>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The real service on a real socket over a real database, with one funded play-money account. */
export async function startTestBackend(overrides: Partial<BackendOptions> = {}): Promise<TestBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-backend-'));
  const databasePath = join(folder, 'backend.db');
  const backend = await createBackend({
    databasePath,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: quietLogger,
    priceCatalogue: parseCatalogue(catalogue),
    pools: echoForEveryFamily,
    isPlayMoney: true,
    payments: null,
    exhaustedStatus: 429,
    publicBaseUrl: null,
    ...overrides,
  });
  const { baseUrl } = await backend.start();
  const account = await backend.createAccount('test');
  return {
    backend,
    baseUrl,
    ...account,
    databasePath,
    call: (path, { method, body, headers, key } = {}) =>
      fetch(baseUrl + path, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { authorization: `Bearer ${key ?? account.customerKey}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      await backend.stop(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A chat request whose last message is this text. */
export function chat(text: string, extra: object = {}): object {
  return { model: 'corvus/echo', messages: [{ role: 'user', content: text }], ...extra };
}
