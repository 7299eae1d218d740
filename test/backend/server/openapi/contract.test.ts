import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { invitedMemberSchema } from '#shared/account/workspace.ts';
import { endpoints } from '#backend/server/routes.ts';
import { type PaidService, startPaidService } from '../../../support/start-paid-service.ts';
import { type CallFacts, goodCalls } from './calls.ts';
import { document, type DocumentedOperation, faultsOf, faultsOfBody, operations } from '../../../support/operations.ts';

let paid: PaidService;
let facts: CallFacts;

beforeAll(async () => {
  paid = await startPaidService();
  await paid.paidOrder('10.00');
  const requestId = (await paid.spend()).headers.get('x-corvus-request-id') ?? '';
  const key = async (label: string) =>
    newCustomerKeySchema.parse(await (await paid.service.call('/v1/account/keys', { body: { label } })).json());
  const member = async (name: string) =>
    invitedMemberSchema.parse(await (await paid.service.call('/v1/account/members', { body: { name } })).json()).id;
  const members = { memberToChange: await member('Ada'), memberToDelete: await member('Grace') };
  facts = { ...members, requestId, keyToRotate: (await key('one')).id, keyToDelete: (await key('two')).id };
});

afterAll(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

test('every endpoint for programs says what it takes and answers', () => {
  const isForPrograms = (path: string) => /^\/(v1|api|anthropic|\.well-known)\//.test(path);
  const silent = endpoints
    .filter((endpoint) => endpoint.access === 'key' || (endpoint.access === 'open' && isForPrograms(endpoint.path)))
    .filter((endpoint) => !('contract' in endpoint))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const advice =
    'Make it with keyEndpoint({ method, path, summary, query?, body?, reply, errors? }).handle(…) of http/declare-endpoint.ts';
  expect(silent, `${advice}, and add a row to test/backend/server/openapi/calls.ts`).toEqual([]);
});

test('every documented endpoint is called here', () => {
  const advice =
    'Add a row to goodCalls in test/backend/server/openapi/calls.ts for each declared endpoint, and take it away with the endpoint';
  expect(Object.keys(goodCalls).toSorted(), advice).toEqual(operations.map(({ name }) => name).toSorted());
});

test('operations have names of their own', () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
});

function callOf({ name, method, path }: DocumentedOperation, headers: Record<string, string> = {}): Promise<Response> {
  const call = goodCalls[name]?.(facts) ?? {};
  return paid.service.call(call.path ?? path, { method, headers, ...(call.body && { body: call.body }) });
}

async function readBody(reply: Response, type: string): Promise<unknown> {
  if (type === 'text/event-stream') return firstEvent(reply);
  return type === 'application/json' ? reply.json() : reply.text();
}

/** The data of an endless reply's first event. */
async function firstEvent(reply: Response): Promise<unknown> {
  const found: unknown[] = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(JSON.parse(data)) });
  const decoder = new TextDecoder();
  for await (const chunk of reply.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (found.length > 0) break;
  }
  return found[0];
}

test.each(operations)('$name answers as the document says', async (documented) => {
  const reply = await callOf(documented);
  const type = reply.headers.get('content-type')?.split(';')[0] ?? '';
  const body = await readBody(reply, type);
  expect(faultsOf(documented, reply.status, type, body), JSON.stringify(body, null, 1)).toEqual([]);
  expect(reply.ok).toBe(true);
});

test('a reply with a member that the document does not name is a fault, and one that lacks a member as well', async () => {
  const account = operations.filter(({ name }) => name === 'GET /v1/account');
  const body = await paid.account();
  const { balance: _balance, ...lacking } = body;
  const faults = account.map((documented) =>
    [body, { ...body, extra: 1 }, lacking].map((reply) => faultsOf(documented, 200, 'application/json', reply).length),
  );
  expect(faults).toEqual([[0, 1, 1]]);
});

test('every reference leads to a component', () => {
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name = '']) => name,
  );
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !(name in document.components.schemas))).toEqual([]);
});

const keyed = operations.filter(({ operation }) => operation.security.length > 0);
test.each(keyed)('$name refuses a stranger as the document says', async (documented) => {
  const { method, path } = documented;
  const reply = await fetch(paid.service.baseUrl + path.replaceAll(/\{\w+\}/g, 'x'), { method });
  expect(faultsOf(documented, reply.status, 'application/json', await reply.json())).toEqual([]);
  expect(reply.status).toBe(401);
});

const queried = operations.filter(({ operation }) =>
  operation.parameters.some((parameter) => parameter.required && parameter.in === 'query'),
);
test.each(queried)('$name needs its query', async (documented) => {
  const reply = await paid.service.call(documented.path);
  expect(faultsOf(documented, reply.status, 'application/json', await reply.json())).toEqual([]);
  expect(reply.status).toBe(400);
});

const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined);
test.each(withBody)('$name takes a body as the document says', (documented) => {
  expect(faultsOfBody(documented, goodCalls[documented.name]?.(facts).body)).toEqual([]);
  expect(faultsOfBody(documented, { notAMember: 1 })).not.toEqual([]);
});

test.each(withBody)('$name takes no body that the document forbids', async (documented) => {
  const reply = await paid.service.call(documented.path, { method: documented.method, body: { notAMember: 1 } });
  expect(faultsOf(documented, reply.status, 'application/json', await reply.json())).toEqual([]);
  expect(reply.status).toBe(400);
});

const polled = operations.filter(({ operation }) => '304' in operation.responses);
test.each(polled)('$name is a few bytes while nothing changes', async (documented) => {
  const first = await callOf(documented);
  const etag = first.headers.get('etag') ?? '';
  await first.text();
  const second = await callOf(documented, { 'if-none-match': `"another", ${etag}` });
  expect([second.status, await second.text()]).toEqual([304, '']);
  expect([second.headers.get('etag'), second.headers.get('cache-control')]).toEqual([etag, 'private, no-cache']);
  const other = await callOf(documented, { 'if-none-match': 'W/"another"' });
  expect(other.status).toBe(200);
  await other.text();
});

test('the served document is the written one, with where it is served', async () => {
  const served = await (await fetch(`${paid.service.baseUrl}/v1/openapi.json`)).json();
  expect(served).toEqual({ ...JSON.parse(JSON.stringify(document)), servers: [{ url: paid.service.baseUrl }] });
});
