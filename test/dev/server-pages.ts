import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createBackend, echoForEveryFamily, systemClock, systemRandom } from '#backend/create-backend.ts';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { directNetwork } from '../support/direct-network.ts';
import { startFakeStripe } from '../support/fakes/fake-stripe.ts';

const adminToken = 'operator-token-of-the-gallery-only';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface ServerPages {
  baseUrl: string;
  /** What a browser needs to see them all: sessions of a customer and of an operator, as the service sets them. */
  cookies: readonly string[];
  /** One address of every kind of page. */
  paths: readonly string[];
  stop(): Promise<void>;
}

/** The hosted service with an account that has something of everything, and the addresses of its pages. */
export async function startServerPages(): Promise<ServerPages> {
  const folder = await mkdtemp(join(tmpdir(), 'corvus-gallery-'));
  const stripe = await startFakeStripe();
  const backend = await createBackend({
    database: join(folder, 'backend.db'),
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: quiet,
    priceCatalogue: parseCatalogue(catalogue),
    pools: echoForEveryFamily,
    isPlayMoney: false,
    payments: connectStripe(
      { secretKey: stripe.secretKey, webhookSecrets: [stripe.webhookSecret], apiBase: stripe.baseUrl },
      directNetwork().fetch,
    ),
    exhaustedStatus: 429,
    publicBaseUrl: null,
    adminToken,
  });
  const { baseUrl } = await backend.start();
  const { customerKey } = await backend.createAccount('Gallery');
  const call = (path: string, body: object) =>
    fetch(baseUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${customerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const order = z
    .object({ checkoutUrl: z.string() })
    .parse(await (await call('/v1/account/topups', { amount: '25.00' })).json());
  stripe.hands.pay(order.checkoutUrl.slice(order.checkoutUrl.lastIndexOf('/') + 1));
  for (const event of stripe.takeEvents()) await stripe.deliver(`${baseUrl}/webhooks/payments/stripe`, event);
  await call('/v1/account/topups', { amount: '10.00' });
  await call('/v1/account/keys', { label: 'Nightly research agent of the platform team, second attempt' });
  for (const [model, content] of [
    ['gpt-4.1', 'Hello\n#echo tokens 400\n#echo cache-read 1200'],
    ['gpt-5.5', 'Hello\n#echo reasoning 900'],
    ['gpt-4.1', '#echo error 500'],
  ] as const) {
    await (await call('/v1/chat/completions', { model, messages: [{ role: 'user', content }] })).text();
  }
  const cookies = [
    await logIn(`${baseUrl}/dashboard/login`, { key: customerKey }),
    await logIn(`${baseUrl}/admin/login`, { token: adminToken, name: 'Ada' }),
  ];
  return {
    baseUrl,
    cookies,
    paths: await findPages(baseUrl, cookies),
    async stop() {
      await backend.stop(0);
      await stripe.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function logIn(address: string, fields: Record<string, string>): Promise<string> {
  const headers = { origin: new URL(address).origin, 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await fetch(address, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams(fields).toString(),
  });
  const cookie = reply.headers.get('set-cookie');
  if (cookie === null) throw new Error(`${address} gave no session: ${reply.status}`);
  return cookie;
}

const open = ['/dashboard/login', '/admin/login', '/topup', '/status'];

/** Follows every link of the pages, once for each kind of address: what leads to nothing of its own has no page. */
async function findPages(baseUrl: string, cookies: readonly string[]): Promise<string[]> {
  const session = cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
  const found = new Map<string, string>();
  const waiting = ['/dashboard', '/admin'];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(kindOf(path))) continue;
    const reply = await fetch(baseUrl + path, { headers: { cookie: session }, redirect: 'manual' });
    const text = await reply.text();
    if (reply.status !== 200 || !(reply.headers.get('content-type') ?? '').startsWith('text/html')) continue;
    found.set(kindOf(path), path);
    for (const [, link = ''] of text.matchAll(/href="(\/[^"#]*)"/g)) waiting.push(link.replaceAll('&amp;', '&'));
  }
  return [...open, ...[...found.values()].filter((path) => !open.includes(path))];
}

/** An address without what says which one: ids and the query. */
function kindOf(path: string): string {
  return path.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/:id');
}
