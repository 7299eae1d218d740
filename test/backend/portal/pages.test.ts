import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { spendCapSchema } from '#shared/account/spend-cap.ts';
import { usageReportSchema } from '#shared/account/usage.ts';
import { chat, type TestBackend } from '../../support/start-test-backend.ts';
import { logIn, plain, startClockedBackend, type Viewer } from '../../support/open-dashboard.ts';

const dayMs = 86_400_000;
let service: TestBackend;
let advance: (ms: number) => void;
let viewer: Viewer;

beforeEach(async () => {
  ({ service, advance } = await startClockedBackend());
  viewer = await logIn(service);
});

afterEach(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

async function ask(text: string, extra: object = {}): Promise<string> {
  const reply = await service.call('/v1/chat/completions', { body: chat(text, extra) });
  await reply.text();
  return reply.headers.get('x-request-id') ?? '';
}

/** Sessions do not last that long. */
async function nextDay(): Promise<void> {
  advance(dayMs);
  viewer = await logIn(service);
}

const account = async () => accountSchema.parse(await (await service.call('/v1/account')).json());
const receiptOf = async (id: string) =>
  receiptSchema.parse(await (await service.call(`/v1/generation?id=${id}`)).json());

describe('the overview', () => {
  test('agrees with the account API to the digit', async () => {
    for (const size of [10, 200, 3000]) await ask(`#echo tokens ${size}\n${'word '.repeat(size)}`);
    const { balance, held, spendable, totalUsed, totalPurchased, totalGranted } = await account();
    const page = await viewer.text('/dashboard');
    expect(page).toContain(`play money $${balance} Spendable $${spendable} Held by requests $${held} `);
    expect(page).toContain(`Total spent $${totalUsed} of $${totalGranted} credited`);
    expect([totalPurchased, totalGranted]).toEqual(['0.00', '25.00']);
    expect(page).toContain(`Spent today $${totalUsed} since midnight`);
    expect(page).toContain('Requests 3 completed');
    const usage = usageReportSchema.parse(await (await service.call('/v1/account/usage?groupBy=model')).json());
    for (const { model, requests, inputTokens, outputTokens, cost } of usage.data) {
      expect(page).toContain(`${model} ${requests} ${inputTokens} ${outputTokens} $${cost}`);
    }
  });

  test('says that the money is play money, and where tools point to', async () => {
    const page = await viewer.text('/dashboard');
    expect(page).toContain('Play money: nothing here was paid for');
    expect(page).toContain(`${service.baseUrl}/v1 `);
    expect(page).toContain(`${service.baseUrl}/anthropic `);
    expect(page).toContain('No request was made yet.');
    expect(page).not.toContain(service.customerKey);
  });
});

describe('the requests', () => {
  test('stand in the order in which they ended, fifty to a page, none missed and none twice', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 53; index += 1) ids.push(await ask('Hello'));
    const idsOf = (page: string): string[] =>
      [...page.matchAll(/href="\/dashboard\/requests\/(req_\w+)"/g)].map(([, id]) => id ?? '');
    const first = await (await viewer.get('/dashboard/requests')).text();
    const older = /href="(\/dashboard\/requests\?before=[^"]+)">Older/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await (await viewer.get(older)).text();
    expect(idsOf(first)).toHaveLength(50);
    expect([...idsOf(first), ...idsOf(second)].toSorted()).toEqual(ids.toSorted());
    expect(second).not.toContain('>Older<');
  });

  test('are shown while they are under way, with what they hold', async () => {
    // The stream is never read, so it does not end.
    const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 100000', { stream: true }) });
    const id = reply.headers.get('x-request-id') ?? '';
    const { held } = await account();
    expect(await viewer.text('/dashboard/requests')).toContain('corvus/echo unknown unknown unknown – – under way');
    const receipt = await viewer.text(`/dashboard/requests/${id}`);
    expect(receipt).toContain('The request is still under way.');
    expect(receipt).toContain('Error and HTTP status: still under way');
    expect(receipt).toContain('Reserved for the request');
    expect(held).not.toBe('0.00');
    await reply.body?.cancel();
  });

  test('are found by model, ending, key and day', async () => {
    const echo = await ask('Hello');
    const refused = await ask('#echo error 500');
    const other = (await (await service.call('/v1/account/keys', { body: { label: 'laptop' } })).json()) as {
      key: string;
      id: string;
    };
    await nextDay();
    const reply = await service.call('/v1/chat/completions', {
      body: chat('Hello', { model: 'gpt-4.1' }),
      key: other.key,
    });
    await reply.text();
    const late = reply.headers.get('x-request-id') ?? '';
    const found = async (query: string): Promise<boolean[]> => {
      const page = await (await viewer.get(`/dashboard/requests?${query}`)).text();
      return [echo, refused, late].map((id) => page.includes(id));
    };
    const day = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(0, 10);
    expect(await found('')).toEqual([true, true, true]);
    expect(await found('model=corvus%2Fecho&status=&key=&from=&to=')).toEqual([true, true, false]);
    expect(await found('status=failed')).toEqual([false, true, false]);
    expect(await found(`key=${other.id}`)).toEqual([false, false, true]);
    expect(await found(`from=${day(dayMs)}`)).toEqual([false, false, true]);
    expect(await found(`to=${day(0)}`)).toEqual([true, true, false]);
    expect(await viewer.text('/dashboard/requests?model=nothing')).toContain('No matching requests.');
    expect((await viewer.get('/dashboard/requests?status=nonsense')).status).toBe(400);
    expect((await viewer.get('/dashboard/requests?before=nonsense')).status).toBe(400);
  });
});

describe('a receipt', () => {
  test('explains the cost as the API has it: buckets, prices, hold, what came back', async () => {
    const id = await ask('#echo tokens 400\n#echo reasoning 90\n#echo cache-read 1200', {
      model: 'gpt-4.1',
      max_tokens: 2000,
    });
    const { cost, held, usage, balanceAfter } = await receiptOf(id);
    const page = await viewer.text(`/dashboard/requests/${id}`);
    expect(page).toContain(`Cost $${cost} taken from the balance`);
    expect(page).toContain(`Balance after $${balanceAfter}`);
    expect(page).toContain(`Input ${usage?.freshInput} $2.00 `);
    expect(page).toContain(`Read from the cache 1200 $0.50 $0.0006 `);
    expect(page).toContain(`Charged $${cost}`);
    expect(page).toMatch(new RegExp(`Reserved for the request \\$${held} `));
    expect(page).toContain(`Held at most $${held}, settled $${cost}, returned $`);
    expect(page).toContain('Returned to the balance');
    expect(page).toContain('Play money');
  });

  test('says that nothing was charged for what was refused', async () => {
    const id = await ask('#echo error 500');
    const page = await viewer.text(`/dashboard/requests/${id}`);
    expect(page).toContain('Cost $0.00');
    expect(page).toContain('so nothing was charged');
    expect(page).toContain('HTTP 500');
  });

  test('holds what support needs, and neither key nor prompt', async () => {
    const id = await ask('a secret prompt\n#echo error 500');
    const check = await ask('#echo tokens 3');
    const page = await viewer.text(`/dashboard/requests/${id}`);
    const { createdAt, balanceAfter } = await receiptOf(id);
    expect(page).toContain(
      [
        `Request: ${id}`,
        `UTC timestamp: ${createdAt}`,
        'Endpoint path: /v1/chat/completions',
        'Model slug: corvus/echo',
        'Error and HTTP status: refused by the upstream, HTTP 500; (paste its text)',
        `Minimal request: ${check} at`,
      ].join(' '),
    );
    expect(page).toContain(
      `completed, HTTP 200 Balance movement: ${balanceAfter} -&gt; ${balanceAfter} USD, charged 0.00 Client and features:`,
    );
    expect(page).not.toContain('secret prompt');
    expect(page).not.toContain(service.customerKey);
  });

  test('never names the credential that served', async () => {
    const id = await ask('Hello');
    const rows = await service.database.run(`select attempts from requests where id = '${id}'`);
    expect(JSON.stringify(rows)).toContain('echo');
    const [tries = ''] = /Provider attempts.*?Record/.exec(await viewer.text(`/dashboard/requests/${id}`)) ?? [];
    expect(tries).toMatch(/1 2\d{3}-/);
    expect(tries).not.toContain('echo');
  });

  test('of another account does not exist', async () => {
    const other = await service.backend.createAccount('other');
    const theirs = await service.call('/v1/chat/completions', { body: chat('Hello'), key: other.customerKey });
    await theirs.text();
    const id = theirs.headers.get('x-request-id') ?? '';
    expect((await (await logIn(service, other.customerKey)).get(`/dashboard/requests/${id}`)).status).toBe(200);
    expect((await viewer.get(`/dashboard/requests/${id}`)).status).toBe(404);
    expect(await viewer.text('/dashboard/requests')).not.toContain(id);
  });
});

test('usage by model and by day has every cent, on the page and as CSV', async () => {
  await ask('Hello');
  await nextDay();
  await ask('Hello', { model: 'gpt-4.1' });
  const { totalUsed } = await account();
  expect(await viewer.text('/dashboard/usage?days=7')).toContain(`$${totalUsed} Download as CSV By day`);
  const reply = await viewer.get('/dashboard/usage.csv?by=model&days=7');
  expect(reply.headers.get('content-disposition')).toContain('usage-by-model.csv');
  const [head, ...lines] = (await reply.text()).trim().split('\n');
  expect(head).toBe('model,requests,input_tokens,output_tokens,cost_usd');
  expect(lines.map((line) => line.split(',')[0]).toSorted()).toEqual(['corvus/echo', 'gpt-4.1']);
  expect((await (await viewer.get('/dashboard/usage.csv?by=day&days=7')).text()).trim().split('\n')).toHaveLength(8);
  expect((await viewer.get('/dashboard/usage?days=8')).status).toBe(400);
});

describe('keys', () => {
  test('are made, shown once, and revoked after a question', async () => {
    const created = await (await viewer.post('/dashboard/keys', { label: '<b>laptop</b>' })).text();
    const key = /sk-corvus-[\w-]{43}/.exec(created)?.[0] ?? '';
    const page = await (await viewer.get('/dashboard/keys')).text();
    expect(page).toContain('&lt;b&gt;laptop');
    expect(page).not.toContain(key);
    const path = /\/dashboard\/keys\/key_\w+\/revoke(?=" aria-label="Revoke &lt;b)/.exec(page)?.[0] ?? '';
    expect(await viewer.text(path)).toContain('This cannot be taken back.');
    expect((await service.call('/v1/account', { key })).status).toBe(200);
    expect((await viewer.post(path)).headers.get('location')).toBe('/dashboard/keys');
    expect((await service.call('/v1/account', { key })).status).toBe(401);
    expect(await viewer.text('/dashboard/keys')).toContain('Revoked');
  });

  test('the last one is not revoked, and another account’s does not exist', async () => {
    expect(await (await viewer.get('/dashboard/keys')).text()).not.toContain('/revoke"');
    expect((await viewer.post(`/dashboard/keys/${service.customerKeyId}/revoke`)).status).toBe(409);
    const other = await service.backend.createAccount('other');
    for (const verb of ['rotate', 'revoke']) {
      expect((await viewer.get(`/dashboard/keys/${other.customerKeyId}/${verb}`)).status).toBe(404);
      expect((await viewer.post(`/dashboard/keys/${other.customerKeyId}/${verb}`)).status).toBe(404);
    }
    expect((await service.call('/v1/account', { key: other.customerKey })).status).toBe(200);
  });

  test('revoking the session’s own logs out', async () => {
    await viewer.post('/dashboard/keys', { label: 'another' });
    const reply = await viewer.post(`/dashboard/keys/${service.customerKeyId}/revoke`);
    expect(reply.headers.get('location')).toBe('/dashboard/login');
    expect((await viewer.get('/dashboard')).status).toBe(303);
  });
});

test('the cap is set, shown with what is used of it, and removed', async () => {
  await ask('Hello');
  const cap = async () => spendCapSchema.parse(await (await service.call('/v1/account/cap')).json());
  expect((await viewer.post('/dashboard/cap', { monthly: '20.00' })).headers.get('location')).toBe('/dashboard/cap');
  const { monthly, spent } = await cap();
  expect(monthly).toBe('20.00');
  expect(await viewer.text('/dashboard/cap')).toContain(`Spent this month $${spent}`);
  for (const wrong of ['', '-1', 'much', '1e3'])
    expect((await viewer.post('/dashboard/cap', { monthly: wrong })).status, wrong).toBe(400);
  expect((await cap()).monthly).toBe('20.00');
  await viewer.post('/dashboard/cap', { monthly: '0' });
  expect(await viewer.text('/dashboard')).toContain('reached');
  await viewer.post('/dashboard/cap/remove');
  expect((await cap()).monthly).toBeNull();
});

describe('top-ups', () => {
  test('a package and a free amount open their checkout, and are credited once paid', async () => {
    const order =
      (await viewer.post('/dashboard/topups', { choice: 'small', amount: '' })).headers.get('location') ?? '';
    expect(order).toMatch(/^\/checkout\/ord_\w+$/);
    const other =
      (await viewer.post('/dashboard/topups', { choice: 'other', amount: '40.50' })).headers.get('location') ?? '';
    await viewer.post(`${other}/pay`);
    expect(plain(await (await viewer.get(other)).text())).toContain('Open the dashboard');
    const page = await viewer.text('/dashboard/topups');
    expect(page).toMatch(/\$40\.50 credited/);
    expect(page).toMatch(/\$10\.00 waiting for payment/);
    expect(page).toContain('Play money');
    expect((await account()).balance).toBe('65.50');
  });

  test.each([
    [{ choice: 'other', amount: '2.99' }, '3.00'],
    [{ choice: 'other', amount: '' }, '3.00'],
    [{ choice: 'small', amount: '40.00' }, 'wrote 40.00 as well'],
    [{ choice: 'huge' }, 'choice'],
  ])('%j orders nothing and says why', async (form, words) => {
    const reply = await viewer.post('/dashboard/topups', form);
    expect(reply.status).toBe(400);
    const page = plain(await reply.text());
    expect(page).toContain(words);
    expect(await viewer.text('/dashboard/topups')).toContain('Nothing was ordered yet.');
  });
});
