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
import { refuseUndeclared } from './refuse-undeclared.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export const quietLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface CallInit {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  key?: string;
}

export interface TestBackend {
  backend: Backend;
  baseUrl: string;
  customerKey: string;
  customerKeyId: string;
  accountId: string;
  database: TestDatabase;
  /** GET or POST with the customer key. */
  call(path: string, init?: CallInit): Promise<Response>;
  /** The same at another instance. */
  callAt(baseUrl: string, path: string, init?: CallInit): Promise<Response>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Settings of a service with play money over a test's database. */
export function testOptions(database: TestDatabase): BackendOptions {
  return {
    database: database.place,
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
  };
}

/** The real service on a real socket over a real database, with one funded play-money account. */
export async function startTestBackend(overrides: Partial<BackendOptions> = {}): Promise<TestBackend> {
  const database = await createTestDatabase();
  const backend = await createBackend({ ...testOptions(database), ...overrides });
  const { baseUrl } = await backend.start();
  const account = await backend.createAccount('test');
  const callAt: TestBackend['callAt'] = async (base, path, init = {}) => {
    const { body, headers, key, method = body === undefined ? 'GET' : 'POST' } = init;
    const reply = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${key ?? account.customerKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) await refuseUndeclared(method, path, reply.clone());
    return reply;
  };
  return {
    backend,
    baseUrl,
    ...account,
    database,
    call: (path, init) => callAt(baseUrl, path, init),
    callAt,
    async [Symbol.asyncDispose]() {
      await backend.stop(0);
      await database.drop();
    },
  };
}

/** A chat request whose last message is this text. */
export function chat(text: string, extra: object = {}): object {
  return { model: 'corvus/echo', messages: [{ role: 'user', content: text }], ...extra };
}
