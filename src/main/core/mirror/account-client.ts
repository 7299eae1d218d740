import { z } from 'zod';
import { type Account, accountSchema } from '#shared/account/account.ts';
import { type AccountEvent, accountEventSchema } from '#shared/account/events.ts';
import { type LedgerPage, ledgerPageSchema } from '#shared/account/ledger.ts';
import { type Order, orderListSchema, orderSchema } from '#shared/account/orders.ts';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { createSseSplitter, readSseEvent } from '#shared/dialects/sse.ts';
import { type Dialect, dialectSchema } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '../ports.ts';
import { connectionError, replyError, readBounded } from './account-reply.ts';

const callTimeoutMs = 10_000;
const maxEventBytes = 1024 * 1024;

/** What opens an account: where its service is, and the key it knows. */
export interface AccountAccess {
  /** Without a slash at the end and without `/v1`. */
  baseUrl: string;
  customerKey: string;
}

export interface AccountModel {
  slug: string;
  /** null: the service does not say. */
  dialects: Dialect[] | null;
}

/** The account API as this app asks it. Every method throws a `CorvusError` that says in words what is wrong. */
export interface AccountClient {
  /** null: the service has no account API. */
  account(): Promise<Account | null>;
  ledger(after: number, limit: number): Promise<LedgerPage>;
  orders(): Promise<Order[]>;
  createTopup(amount: string): Promise<Order>;
  /** null: the account never saw this request. */
  receipt(requestId: string): Promise<Receipt | null>;
  models(): Promise<AccountModel[]>;
  /** Live events after a ledger sequence, until the connection drops or the signal aborts. `onContact` hears every byte. */
  events(after: number, signal: AbortSignal, onContact: () => void): AsyncGenerator<AccountEvent>;
}

export interface AccountClientParts {
  fetch: typeof globalThis.fetch;
  clock: Clock;
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string(), dialects: z.array(z.string()).optional() })) });

export function createAccountClient({ fetch, clock }: AccountClientParts, access: AccountAccess): AccountClient {
  /** Sends one request; `stop` ends it, whatever it is doing. */
  async function open(path: string, init: RequestInit, stop: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${access.customerKey}`, 'content-type': 'application/json', ...init.headers };
    // A redirect could take the key to another host.
    return fetch(access.baseUrl + path, { ...init, headers, redirect: 'manual', signal: stop }).catch((cause: unknown) => {
      throw connectionError(cause, access.baseUrl);
    });
  }

  async function call(path: string, init: RequestInit = {}): Promise<unknown> {
    const timeout = new AbortController();
    const cancel = clock.after(callTimeoutMs, () => timeout.abort(new CorvusError('upstream_timeout', 'The account service did not answer in time.')));
    try {
      const response = await open(path, init, timeout.signal);
      const text = await readBounded(response);
      if (!response.ok) throw replyError(response.status, text);
      return parseJson(text);
    } finally {
      cancel();
    }
  }

  async function* events(after: number, signal: AbortSignal, onContact: () => void): AsyncGenerator<AccountEvent> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
    const response = await open('/v1/account/events', { headers }, signal);
    if (!response.ok || !response.body) throw replyError(response.status, await readBounded(response));
    const splitter = createSseSplitter({ maxEventBytes });
    for await (const chunk of response.body) {
      onContact();
      for (const bytes of splitter.push(chunk)) {
        const { data } = readSseEvent(bytes);
        const event = data === '' ? null : accountEventSchema.safeParse(parseJson(data));
        // A service newer than this app may tell of things that this app does not know.
        if (event?.success) yield event.data;
      }
      if (splitter.isOverflowing) throw new CorvusError('upstream_interrupted', 'The account service sent an event beyond every limit.');
    }
  }

  return {
    account: async () => accountSchema.nullable().parse(await call('/v1/account').catch(nullIfNotFound)),
    ledger: async (after, limit) => ledgerPageSchema.parse(await call(`/v1/account/ledger?after=${after}&limit=${limit}`)),
    orders: async () => orderListSchema.parse(await call('/v1/account/topups')).data,
    createTopup: async (amount) => orderSchema.parse(await call('/v1/account/topups', { method: 'POST', body: JSON.stringify({ amount }) })),
    receipt: async (requestId) => receiptSchema.nullable().parse(await call(`/v1/generation?id=${encodeURIComponent(requestId)}`).catch(nullIfNotFound)),
    async models() {
      const { data } = modelsSchema.parse(await call('/v1/models'));
      return data.map(({ id, dialects }) => ({ slug: id, dialects: dialects ? knownDialects(dialects) : null }));
    },
    events,
  };
}

function knownDialects(names: readonly string[]): Dialect[] {
  return names.flatMap((name) => {
    const dialect = dialectSchema.safeParse(name);
    return dialect.success ? [dialect.data] : [];
  });
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof CorvusError && (error.code === 'not_found' || error.code === 'route_not_found')) return null;
  throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorvusError('upstream_not_json', 'A web page answered instead of the account service. Check the base URL.', {}, cause);
  }
}
