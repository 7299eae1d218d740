import { z } from 'zod';
import type { BackendOptions } from '#backend/create-backend.ts';
import { type Account, accountSchema } from '#shared/account/account.ts';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { startReplicas } from '../../support/start-replicas.ts';
import { chat, type TestBackend } from '../../support/start-test-backend.ts';
import { databaseKind } from '../../support/test-database.ts';

export const adminToken = 'operator-token-of-the-test-0123456789';
const instances = databaseKind === 'postgres' ? 3 : 1;

export interface CapabilityService extends AsyncDisposable {
  /** Its orders, its fake Stripe, its clock. */
  paid: PaidService;
  /** The address of the next instance. */
  readonly baseUrl: string;
  database: TestBackend['database'];
  /** A call with the key of the first account, which has no money. */
  call: TestBackend['call'];
  /** Calls the operator's API; with a body, changes something. */
  operator(path: string, body?: object): Promise<Response>;
  /** An account with this much promotional credit. */
  customer(credit: string): Promise<Customer>;
  /** What the service takes for now. */
  nowMs(): number;
  /** Faults in the ledger. */
  verify(): Promise<string[]>;
}

export interface Customer {
  accountId: string;
  customerKeyId: string;
  customerKey: string;
  /** A call with this customer's key. */
  call: TestBackend['call'];
  /** A chat call, read to its end: it is settled. */
  ask(text: string, extra?: object): Promise<Response>;
  account(): Promise<Account>;
  /** The receipt of the request with this reply. */
  receipt(reply: Response): Promise<Receipt>;
  /** Another key of the account. */
  makeKey(input?: object): Promise<{ id: string; key: string }>;
}

const openedSchema = z.object({ accountId: z.string(), customerKeyId: z.string(), customerKey: z.string() });

/**
 * The service as it is sold, with Stripe and an operator. On PostgreSQL three instances share one database, and every
 * call, page and webhook goes to the next of them.
 */
export async function startCapabilityService(overrides: Partial<BackendOptions> = {}): Promise<CapabilityService> {
  const paid = await startPaidService({ adminToken, ...overrides }, startInTurn);
  const { service } = paid;
  const call: TestBackend['call'] = (path, init) => service.call(path, init);
  const operator: CapabilityService['operator'] = (path, body) =>
    call(`/admin/api/${path}`, {
      key: adminToken,
      headers: { 'x-operator': 'Ada' },
      ...(body === undefined ? {} : { body }),
    });
  let grants = 0;
  return {
    paid,
    get baseUrl() {
      return service.baseUrl;
    },
    database: service.database,
    call,
    operator,
    async customer(credit) {
      const opened = openedSchema.parse(
        await (await operator('customers', { label: 'customer', reason: 'a test' })).json(),
      );
      grants += 1;
      const grant = { amount: credit, grantId: `test-grant-${grants}`, reason: 'a test' };
      if (credit !== '0') await expectOk(operator(`customers/${opened.accountId}/grants`, grant));
      return customerOf(call, opened);
    },
    nowMs: () => paid.stripe.state.nowS() * 1000,
    verify: () => service.backend.verify(),
    [Symbol.asyncDispose]: () => paid[Symbol.asyncDispose](),
  };
}

function customerOf(call: TestBackend['call'], opened: z.infer<typeof openedSchema>): Customer {
  const own: TestBackend['call'] = (path, init = {}) => call(path, { key: opened.customerKey, ...init });
  return {
    ...opened,
    call: own,
    ask: async (text, extra) => readToEnd(await own('/v1/chat/completions', { body: chat(text, extra) })),
    account: async () => accountSchema.parse(await (await own('/v1/account')).json()),
    async receipt({ headers }) {
      return receiptSchema.parse(await (await own(`/v1/generation?id=${headers.get('x-corvus-request-id')}`)).json());
    },
    makeKey: async (input = {}) =>
      newCustomerKeySchema.parse(
        await (await own('/v1/account/keys', { body: { label: 'another', ...input } })).json(),
      ),
  };
}

/** The same reply once its last byte has come. */
export async function readToEnd(reply: Response): Promise<Response> {
  return new Response(await reply.arrayBuffer(), { status: reply.status, headers: reply.headers });
}

async function expectOk(sent: Promise<Response>): Promise<void> {
  const reply = await sent;
  if (!reply.ok) throw new Error(`the operator was answered ${reply.status}: ${await reply.text()}`);
}

/** One or three instances behind one address: each read of it gives the next one's. */
async function startInTurn(overrides: Partial<BackendOptions>): Promise<TestBackend> {
  const replicas = await startReplicas(instances, overrides);
  let turn = 0;
  return {
    ...replicas.first,
    get baseUrl() {
      turn += 1;
      return replicas.all[turn % replicas.all.length]?.baseUrl ?? replicas.first.baseUrl;
    },
    call: replicas.call,
    [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose](),
  };
}
