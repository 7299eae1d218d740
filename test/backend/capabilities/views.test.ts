import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseUsd } from '#shared/money.ts';
import { logIn } from '../../support/open-dashboard.ts';
import { parseCsv } from '../../support/parse-csv.ts';
import { sharedService } from './shared-service.ts';
import type { Customer } from './start-capability-service.ts';

const logged: unknown[] = [];
const note = (...facts: unknown[]) => void logged.push(facts);
const service = sharedService(() => ({ logger: { info: note, warn: note, error: note } }));
const servePage = (customer: Customer) => logIn({ baseUrl: service().baseUrl, customerKey: customer.customerKey });

test('row 34: dashboard – balance, spend, requests with receipts, usage by model, keys, cap, top-ups, invoices, how to connect; no playground, because the pages have no script', async () => {
  const customer = await service().customer('5.00');
  const reply = await customer.ask('#echo tokens 10');
  const { requestId } = await customer.receipt(reply);
  const viewer = await servePage(customer);
  const shown: [path: string, words: string[]][] = [
    ['/dashboard', ['Balance', 'Total spent', 'By model', 'Latest requests', 'Connect a tool', '/v1', '/anthropic']],
    ['/dashboard/requests', ['corvus/echo', 'Balance after']],
    [`/dashboard/requests/${requestId}`, ['How the cost was calculated', 'Balance changes', 'Provider attempts']],
    ['/dashboard/usage', ['By model', 'By day', 'corvus/echo']],
    ['/dashboard/topups', ['Orders', 'Automatic top-up']],
    ['/dashboard/keys', ['New key', customer.customerKey.slice(-4)]],
    ['/dashboard/cap', ['Monthly cap']],
    ['/dashboard/invoices', ['Invoices']],
  ];
  for (const [path, words] of shown) {
    const text = await viewer.text(path);
    for (const word of words) expect(text, path).toContain(word);
  }
});

test('row 35: usage API – under /v1/account with the customer’s key, not /me: usage, statement with its CSV, ledger, receipts', async () => {
  const customer = await service().customer('5.00');
  const { cost, requestId } = await customer.receipt(await customer.ask('#echo tokens 10'));
  const used = z.object({
    data: z.array(z.looseObject({ model: z.string().nullable(), requests: z.int(), cost: z.string() })),
  });
  expect(used.parse(await (await customer.call('/v1/account/usage?groupBy=model')).json()).data).toMatchObject([
    { model: 'corvus/echo', requests: 1, cost },
  ]);
  expect(await (await customer.call('/v1/account/statement')).json()).toMatchObject({
    opening: '0.00',
    totals: [
      { kind: 'usage', amount: `-${cost}` },
      { kind: 'grant', amount: '5.00' },
    ].toSorted((a, b) => a.kind.localeCompare(b.kind)),
  });
  const rows = parseCsv(await (await customer.call('/v1/account/statement.csv')).text());
  expect(rows.filter((row) => Object.values(row).includes(requestId))).toHaveLength(1);
  expect(await (await customer.call('/v1/account/ledger')).json()).toMatchObject({
    data: [{ kind: 'grant' }, { kind: 'usage', requestId, amount: `-${cost}` }],
  });
  for (const path of ['/me/request-logs', '/me/billing/statement', '/api/v1/me'])
    expect((await customer.call(path)).status, path).toBe(404);
});

test('row 36: request log row – id, models asked for and served, key, tokens, cost, balance after, status, finish reason, time of each try', async () => {
  const customer = await service().customer('5.00');
  const receipt = await customer.receipt(await customer.ask('#echo tokens 10'));
  expect(receipt).toMatchObject({
    requestId: expect.stringMatching(/^req_/),
    modelRequested: 'corvus/echo',
    modelServed: 'corvus/echo',
    outcome: 'completed',
    httpStatus: 200,
    finishReason: 'stop',
    usage: { outputText: 10 },
    attempts: [{ number: 1, totalMs: expect.any(Number), httpStatus: 200 }],
  });
  expect((parseUsd(receipt.balanceAfter ?? '') ?? 0n) + (parseUsd(receipt.cost) ?? 0n)).toBe(parseUsd('5.00'));
  const page = await (await servePage(customer)).text(`/dashboard/requests/${receipt.requestId}`);
  expect(page).toContain(`Key customer (sk-corvus-…${customer.customerKey.slice(-4)})`);
});

test('row 49: privacy – neither prompt nor answer is stored, on any page, log or table; no setting changes that', async () => {
  const customer = await service().customer('5.00');
  const prompt = 'kxwqjvzy';
  const answer = 'qzvwxjyk';
  const reply = await customer.call('/v1/chat/completions', {
    body: {
      model: 'corvus/echo',
      stream: true,
      messages: [{ role: 'user', content: `${prompt}\n#echo text ${answer}` }],
    },
  });
  expect(await reply.text()).toContain(answer);
  const failed = await customer.ask(`${prompt}\n#echo error 500`);
  expect(failed.status).toBe(500);
  const { requestId } = await customer.receipt(reply);
  const seen = [
    (await service().database.dump()).toString('latin1'),
    await (await servePage(customer)).text(`/dashboard/requests/${requestId}`),
    await (await service().operator(`ledger?q=${requestId}`)).text(),
    JSON.stringify(logged),
  ].join('\n');
  expect(seen).toContain(requestId);
  expect(seen).not.toContain(prompt);
  expect(seen).not.toContain(answer);
});

test('row 50: support packet – the seven fields, ready to copy from a request’s page, without key or prompt', async () => {
  const customer = await service().customer('5.00');
  const receipt = await customer.receipt(await customer.ask('a question of mine\n#echo error 500'));
  const page = await (await servePage(customer)).text(`/dashboard/requests/${receipt.requestId}`);
  const packet = page.slice(page.indexOf('Support packet'));
  const fields = [
    'UTC timestamp:',
    'Endpoint path: /v1/chat/completions',
    'Model slug: corvus/echo',
    'Error and HTTP status:',
    'Minimal request:',
    'Balance movement:',
    'Client and features:',
  ];
  for (const field of [receipt.requestId, ...fields]) expect(packet).toContain(field);
  expect(packet).not.toMatch(/sk-corvus-[\w-]{10}|a question of mine/);
});
