import { expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { listMovements } from '#backend/usage/request-search.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const adminToken = 'operator-token-of-this-test-with-32-letters';
const costs = [{ credential: '*', model: 'corvus/*', prices: { input: '0.50', output: '200.00' } }];

async function spend(service: TestBackend): Promise<string> {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 50') });
  await reply.text();
  return String(reply.headers.get('x-corvus-request-id'));
}

async function admin(service: TestBackend, path: string): Promise<Record<string, unknown>[]> {
  const { data }: { data: Record<string, unknown>[] } = JSON.parse(
    await (await service.call(`/admin/api/${path}`, { key: adminToken })).text(),
  );
  return data;
}

test('the customer does not see upstream costs; the operator sees them for each request, also where it is a loss', async () => {
  await using service = await startTestBackend({ adminToken, costs });
  const requestId = await spend(service);
  const db = await openDatabase(service.database.place);
  const shown = (await listMovements(db, requestId)).map(({ kind }) => kind);
  await db.destroy();
  expect(shown).toContain('charge');
  expect(shown).not.toContain('cost');
  const [booked] = (await admin(service, `ledger?q=${requestId}`)).filter(({ kind }) => kind === 'cost');
  const [margin] = await admin(service, 'margins');
  expect(margin).toMatchObject({ requests: 1, unknownCosts: 0, upstreamCost: booked?.['amount'] });
  expect(String(margin?.['margin'])).toMatch(/^-0\.\d+$/);
  expect(await admin(service, `margins/requests?q=${requestId}`)).toMatchObject([
    { requestId, accountId: service.accountId, upstreamCost: booked?.['amount'], margin: margin?.['margin'] },
  ]);
  expect(await admin(service, 'margins/requests?q=another-account')).toEqual([]);
});

test('what was sold at unknown cost is not in the margin', async () => {
  await using service = await startTestBackend({ adminToken, costs });
  await spend(service);
  const [known] = await admin(service, 'margins');
  const unknown = await spend(service);
  await service.database.run(`update requests set upstream_cost = null where id = '${unknown}'`);
  const [margin] = await admin(service, 'margins');
  expect(margin).toMatchObject({ requests: 2, unknownCosts: 1, margin: known?.['margin'] });
  expect(margin?.['sold']).not.toBe(known?.['sold']);
});

test('requests of unknown cost are counted, and make no margin', async () => {
  await using service = await startTestBackend({ adminToken });
  await spend(service);
  expect(await admin(service, 'margins')).toMatchObject([
    { requests: 1, upstreamCost: null, unknownCosts: 1, margin: null },
  ]);
  expect(await admin(service, 'margins/requests')).toMatchObject([{ upstreamCost: null, margin: null }]);
});

test('a request that its instance left behind counts beside the margin of the others; one to which nothing was answered does not', async () => {
  await using service = await startTestBackend({ adminToken, costs });
  await spend(service);
  const [known] = await admin(service, 'margins');
  const left = await spend(service);
  const refused = await spend(service);
  const released = "status = 'released', cost = 0, upstream_cost = null";
  await service.database.run(`update requests set ${released}, outcome = 'interrupted' where id = '${left}'`);
  await service.database.run(`update requests set ${released}, outcome = 'failed' where id = '${refused}'`);
  expect(await admin(service, 'margins')).toMatchObject([{ requests: 2, unknownCosts: 1, margin: known?.['margin'] }]);
  expect(await admin(service, `margins/requests?q=${left}`)).toMatchObject([{ sold: '0.00', upstreamCost: null }]);
  expect(await admin(service, `margins/requests?q=${refused}`)).toEqual([]);
});
