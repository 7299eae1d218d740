import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createBackend, systemClock, systemRandom } from '#backend/create-backend.ts';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { accountSchema } from '#shared/account/account.ts';
import { orderSchema } from '#shared/account/orders.ts';
import { eventually } from '../../support/eventually.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { type FakeStripe, startFakeStripe } from '../../support/fakes/fake-stripe.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { createTestDatabase, databaseSettings, type TestDatabase } from '../../support/test-database.ts';
import { builtBackend } from '../../support/built-program.ts';

let database: TestDatabase;
let stripe: FakeStripe;
let child: ChildProcess | null = null;
let customerKey: string;

/** The service in this process, over the same database: to make an account, and to check the ledger afterwards. */
async function openBackend() {
  const stripeSettings = {
    secretKey: stripe.secretKey,
    webhookSecrets: [stripe.webhookSecret],
    apiBase: stripe.baseUrl,
  };
  return createBackend({
    database: database.place,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: quietLogger,
    priceCatalogue: parseCatalogue(catalogue),
    pools: { corvus: 'echo' },
    isPlayMoney: false,
    payments: connectStripe(stripeSettings, directNetwork().fetch),
    exhaustedStatus: 429,
    publicBaseUrl: null,
  });
}

async function startService(): Promise<string> {
  child = spawn(process.execPath, [builtBackend], {
    env: {
      ...process.env,
      ...databaseSettings(database),
      CORVUSLLM_BACKEND_PORT: '0',
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_BASE: stripe.baseUrl,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line');
  return z.object({ baseUrl: z.string() }).parse(JSON.parse(String(line))).baseUrl;
}

async function killService(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = child && once(child, 'exit');
  child?.kill(signal);
  await exited;
}

function ask(url: string, init: { method?: string; body?: object } = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${customerKey}`, 'content-type': 'application/json' };
  return fetch(url, {
    method: init.method ?? 'GET',
    headers,
    ...(init.body ? { body: JSON.stringify(init.body) } : {}),
  });
}

const balanceAt = async (baseUrl: string) =>
  accountSchema.parse(await (await ask(`${baseUrl}/v1/account`)).json()).balance;

beforeEach(async () => {
  database = await createTestDatabase();
  stripe = await startFakeStripe();
  const backend = await openBackend();
  ({ customerKey } = await backend.createAccount('test'));
  await backend.stop(0);
});

afterEach(async () => {
  await killService();
  const backend = await openBackend();
  expect(await backend.verify()).toEqual([]);
  await backend.stop(0);
  await stripe.close();
  await database.drop();
});

test(
  'killed while webhooks arrive: what was acknowledged stays, what was not is credited when it is sent again (D55)',
  { timeout: 60_000 },
  async () => {
    let baseUrl = await startService();
    for (let index = 0; index < 20; index += 1) {
      const reply = await ask(`${baseUrl}/v1/account/topups`, { method: 'POST', body: { amount: '5.00' } });
      const { checkoutUrl } = orderSchema.parse(await reply.json());
      stripe.hands.pay(checkoutUrl.slice(checkoutUrl.lastIndexOf('/') + 1));
    }
    const events = stripe.takeEvents().filter(({ type }) => type === 'checkout.session.completed');
    let acknowledged = 0;
    const deliveries = events.map(async (event) => {
      const reply = await stripe.deliver(`${baseUrl}/webhooks/payments/stripe`, event);
      if (reply.status === 200) acknowledged += 1;
      if (acknowledged === 5) await killService();
    });
    await Promise.allSettled(deliveries);
    stripe.state.events.length = 0;
    const up = stripe.goDown();
    baseUrl = await startService();
    const stored = Number(await balanceAt(baseUrl));
    expect(stored).toBeGreaterThanOrEqual(acknowledged * 5);
    for (const event of events)
      expect((await stripe.deliver(`${baseUrl}/webhooks/payments/stripe`, event)).status).toBe(200);
    expect(await balanceAt(baseUrl)).toBe('100.00');
    up();
  },
);

test(
  'killed after Stripe has charged and before it could say so: the next start finds the charge and makes no second (D55)',
  { timeout: 60_000 },
  async () => {
    const first = await startService();
    const setup = z
      .object({ url: z.string() })
      .parse(await (await ask(`${first}/v1/account/auto-topup/setup`, { method: 'POST' })).json());
    stripe.hands.leaveCard(setup.url);
    for (const event of stripe.takeEvents()) await stripe.deliver(`${first}/webhooks/payments/stripe`, event);
    stripe.failNext('POST /v1/payment_intents', 'silent-after');
    expect((await ask(`${first}/v1/account/auto-topup`, { method: 'PUT', body: { enabled: true } })).status).toBe(200);
    await eventually(() => expect(stripe.state.intents.size).toBe(1));
    await killService();
    const second = await startService();
    await eventually(async () => expect(await balanceAt(second)).toBe('10.00'));
    for (const event of stripe.takeEvents()) await stripe.deliver(`${second}/webhooks/payments/stripe`, event);
    expect(await balanceAt(second)).toBe('10.00');
    expect(stripe.state.intents.size).toBe(1);
  },
);
