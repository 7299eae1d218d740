import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Core, CoreOptions } from '../../../src/main/core/core.ts';
import type { Ports } from '../../../src/main/core/ports.ts';
import type { EventName, Handlers, Payload } from '../../../src/shared/contract/contract.ts';
import { callNames } from '../../../src/shared/contract/names.ts';
import { defaultSettings, type Settings } from '../../../src/shared/contract/settings.ts';
import type { Balance } from '../../../src/shared/domain/balance.ts';
import { CorvusError } from '../../../src/shared/errors.ts';

export interface TestCore extends Core {
  emit<K extends EventName>(name: K, payload: Payload<K>): void;
  ports: Ports;
  options: CoreOptions;
  refreshes: number;
  resets: number;
  stops: number;
  settings: Settings;
  balance: Balance;
  accountBaseUrl: string | null;
  checkoutUrl: string | null;
  /** `start` fails with this. */
  startFailure: Error | null;
  /** `stop` waits for this. */
  mayStop: Promise<void>;
}

const nothingSpent = { fromMs: 0, prepaid: '0.00', byokEstimate: '0.00', requests: 0, unpriced: 0 };

/**
 * A core that a test can hold: the app API with settable answers, on a real loopback listener. Everything else is
 * refused.
 */
export function createTestCore(options: CoreOptions, ports: Ports): TestCore {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const server = createServer((request, response) => options.dashboard?.(request, response));
  const answers: Partial<Handlers> = {
    'settings.get': async () => core.settings,
    'settings.set': async (change) => {
      core.settings = {
        ...core.settings,
        ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
      };
      core.emit('settings.changed', core.settings);
      return core.settings;
    },
    'balance.get': async ({ refresh }) => {
      if (refresh) core.refreshes += 1;
      return core.balance;
    },
    'balance.spend': async () => ({
      today: nothingSpent,
      month: nothingSpent,
      pace: { lastHours: '0.00', perDay: null, days: 0 },
      lasts: null,
    }),
    'account.get': async () => ({
      mode: 'sandbox',
      baseUrl: core.accountBaseUrl,
      keyHint: null,
      hasAccountApi: true,
      seesStatement: true,
      autoTopup: null,
      problem: null,
    }),
    'billing.orders': async () => (core.checkoutUrl === null ? [] : [order(core.checkoutUrl)]),
    'envelopes.list': async () => [],
    'keys.list': async () => {
      throw new Error('a defect with sk-secret-0123456789 in it');
    },
  };
  const refusing = Object.fromEntries(
    callNames.map((name) => [
      name,
      async () => {
        throw new CorvusError('not_found');
      },
    ]),
  ) as unknown as Handlers;

  const core: TestCore = {
    ports,
    options,
    refreshes: 0,
    resets: 0,
    stops: 0,
    settings: defaultSettings,
    balance: { state: 'unknown', reason: 'Not asked yet.' },
    accountBaseUrl: null,
    checkoutUrl: null,
    startFailure: null,
    mayStop: Promise.resolve(),
    handlers: { ...refusing, ...answers },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
    emit(name, payload) {
      for (const listener of listeners.get(name) ?? []) listener(payload as never);
    },
    async start() {
      if (core.startFailure) throw core.startFailure;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { gatewayUrl: `http://127.0.0.1:${port}` };
    },
    async resetConnections() {
      core.resets += 1;
    },
    quickStartKey: async () => 'sk-local-test',
    async stop() {
      core.stops += 1;
      await core.mayStop;
      server.closeAllConnections();
      server.close();
    },
  };
  return core;
}

function order(checkoutUrl: string) {
  return {
    id: 'ord_test',
    amount: '5.00',
    status: 'open',
    checkoutUrl,
  } as unknown as Awaited<ReturnType<Handlers['billing.orders']>>[number];
}
