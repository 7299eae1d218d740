// `npm run dev:backend`: the hosted service from its sources, started again at every change, with all that it needs to
// be used: a SQLite file, an account with credit, models that answer without a network, and a stand-in for Stripe that
// pays every checkout.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import catalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { type FakeStripe, startFakeStripe } from '../support/fakes/fake-stripe.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.dev');
const accountFile = join(folder, 'account.json');
const operatorToken = 'operator-token-for-development-only';
const port = 4480;
const baseUrl = `http://127.0.0.1:${port}`;
const payEveryMs = 1_000;

const accountSchema = z.object({ accountId: z.string(), customerKey: z.string() });
type Account = z.infer<typeof accountSchema>;

async function operate(path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
  const reply = await fetch(`${baseUrl}/admin/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
}

/** The same account at every start, for as long as its database is there. */
async function findAccount(): Promise<Account> {
  if (existsSync(accountFile)) return accountSchema.parse(JSON.parse(readFileSync(accountFile, 'utf8')));
  const reason = 'a new folder for development';
  const account = accountSchema.parse(await operate('customers', { label: 'Development', reason }));
  await operate(`customers/${account.accountId}/grants`, { amount: '25.00', grantId: 'development', reason });
  writeFileSync(accountFile, JSON.stringify(account));
  return account;
}

/** Pays every checkout that was opened, and delivers what Stripe says of it. */
async function payOpenCheckouts(stripe: FakeStripe): Promise<void> {
  for (const { id, status } of stripe.state.sessions.values()) if (status === 'open') stripe.hands.pay(id);
  for (const event of stripe.takeEvents()) await stripe.deliver(`${baseUrl}/webhooks/payments/stripe`, event);
}

function print({ customerKey }: Account): void {
  const lines = [
    `Customer's pages   ${baseUrl}/dashboard   sign in with ${customerKey}`,
    `Operator's pages   ${baseUrl}/admin       sign in with ${operatorToken}`,
    `Database           ${join('.dev', 'backend.db')} (delete the folder .dev to start over)`,
    'Checkouts are paid by themselves within a second.',
    '',
    `curl ${baseUrl}/v1/chat/completions -H 'authorization: Bearer ${customerKey}' -H 'content-type: application/json' \\`,
    `  -d '{"model":"gpt-5-nano","messages":[{"role":"user","content":"Hello"}]}'`,
  ];
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}

mkdirSync(folder, { recursive: true });
const families = [...new Set(catalogue.models.map(({ family }) => family))];
const poolsFile = join(folder, 'pools.json');
writeFileSync(poolsFile, JSON.stringify(Object.fromEntries(families.map((family) => [family, 'echo']))));
const stripe = await startFakeStripe();
const service = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', join(root, 'src', 'backend', 'main.ts'), 'serve'],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CORVUSLLM_BACKEND_DATABASE: join(folder, 'backend.db'),
      CORVUSLLM_BACKEND_PORT: String(port),
      CORVUSLLM_BACKEND_POOLS: poolsFile,
      CORVUSLLM_BACKEND_ADMIN_TOKEN: operatorToken,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_BASE: stripe.baseUrl,
    },
  },
);
const paying = setInterval(() => {
  payOpenCheckouts(stripe).catch((error: unknown) => process.stderr.write(`Stripe's stand-in: ${String(error)}\n`));
}, payEveryMs);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => service.kill(signal));
service.once('exit', (code) => {
  clearInterval(paying);
  void stripe.close();
  process.exitCode = code ?? 0;
});
for await (const line of createInterface({ input: service.stdout })) {
  if (line.includes('"event":"ready"')) print(await findAccount());
  else process.stdout.write(`${line}\n`);
}
