import { z } from 'zod';
import type { Fetch } from '#proxy/network/own-fetch.ts';
import { credentialMask, type CredentialMask } from '#proxy/reply/credential-mask.ts';
import { type Account, accountSchema } from '#shared/account/account.ts';
import { type AccountEvent, accountEventSchema } from '#shared/account/events.ts';
import { type LedgerPage, ledgerPageSchema } from '#shared/account/ledger.ts';
import { type Order, orderListSchema, orderSchema } from '#shared/account/orders.ts';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import { type Dialect, dialectSchema } from '#shared/domain/dialect.ts';
import { type PriceCatalogue, priceCatalogueSchema } from '#shared/domain/model-price.ts';
import { CorvusError, isErrorCode } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';

const callTimeoutMs = 10_000;
const maxEventBytes = 1024 * 1024;
/** The longest text is the address of a payment page. */
const longestText = 4_096;
const mostMembers = 10_000;
const deepest = 12;

/** What gives access to an account: the address of its service, and its key. */
export interface AccountAccess {
  /** Without a trailing slash and without `/v1`. */
  baseUrl: string;
  customerKey: string;
}

export interface AccountModel {
  slug: string;
  /** null: the service does not say. */
  dialects: Dialect[] | null;
}

/** The account API as this app uses it. Every method throws a `CorvusError` that says what is wrong. */
export interface AccountClient {
  /** null: the service has no account API. */
  account(): Promise<Account | null>;
  /** null: the key may not read the statement. */
  ledger(after: number, limit: number): Promise<LedgerPage | null>;
  /** None where the key may not see them. */
  orders(): Promise<Order[]>;
  createTopup(amount: string): Promise<Order>;
  /** null: the account never saw this request. */
  receipt(requestId: string): Promise<Receipt | null>;
  models(): Promise<AccountModel[]>;
  /** The price list of a version, without one the present list; null: the service publishes none. */
  prices(version?: string): Promise<PriceCatalogue | null>;
  /**
   * Live events after a ledger sequence, until the connection drops or the signal aborts. `onContact` is called for
   * every byte.
   */
  events(after: number, signal: AbortSignal, onContact: () => void): AsyncGenerator<AccountEvent>;
}

interface CallInit {
  method?: 'POST';
  body?: string;
  headers?: Record<string, string>;
}

interface AccountClientDeps {
  /** Rejects with a `CorvusError` that says why there is no answer. */
  fetch: Fetch;
  clock: Clock;
  /** Ends every call in flight. */
  stop: AbortSignal;
}

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), dialects: z.array(z.string()).optional() })),
});

export function createAccountClient({ fetch, clock, stop }: AccountClientDeps, access: AccountAccess): AccountClient {
  const mask = credentialMask({ authorization: `Bearer ${access.customerKey}` }, '/');

  async function open(path: string, init: CallInit, signal: AbortSignal): Promise<Response> {
    const headers = {
      authorization: `Bearer ${access.customerKey}`,
      'content-type': 'application/json',
      ...init.headers,
    };
    // A redirect could take the key to another host.
    return fetch(access.baseUrl + path, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, stop]),
    });
  }

  async function call(path: string, init: CallInit = {}): Promise<unknown> {
    const timeout = new AbortController();
    const cancel = clock.after(callTimeoutMs, () =>
      timeout.abort(new CorvusError('upstream_timeout', 'The account service did not answer in time.')),
    );
    try {
      const response = await open(path, init, timeout.signal);
      const text = await readMasked(response, mask);
      if (!response.ok) throw replyError(response.status, text);
      return parseReply(text);
    } catch (error) {
      throw connectionError(error);
    } finally {
      cancel();
    }
  }

  async function ask<Value>(schema: z.ZodType<Value>, path: string, init?: CallInit): Promise<Value> {
    return read(schema, await call(path, init));
  }

  /** null if the service has no such thing, or refuses in another way that means the same. */
  async function find<Value>(schema: z.ZodType<Value>, path: string, means = nullIfNotFound): Promise<Value | null> {
    return read(schema.nullable(), await call(path).catch(means));
  }

  async function* events(after: number, signal: AbortSignal, onContact: () => void): AsyncGenerator<AccountEvent> {
    try {
      const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
      const response = await open('/v1/account/events', { headers }, signal);
      if (!response.ok || !response.body) throw replyError(response.status, await readMasked(response, mask));
      yield* eventsOf(response.body, mask, onContact);
    } catch (error) {
      throw connectionError(error);
    }
  }

  return {
    account: () => find(accountSchema, '/v1/account'),
    ledger: (after, limit) => find(ledgerPageSchema, ledgerPath(after, limit), nullIfNotAllowed),
    orders: async () => (await find(orderListSchema, '/v1/account/topups', nullIfNotAllowed))?.data ?? [],
    createTopup: (amount) =>
      ask(orderSchema, '/v1/account/topups', { method: 'POST', body: JSON.stringify({ amount }) }),
    receipt: (requestId) => find(receiptSchema, `/v1/generation?id=${encodeURIComponent(requestId)}`),
    async models() {
      const { data } = await ask(modelsSchema, '/v1/models');
      return data.map(({ id, dialects }) => ({ slug: id, dialects: dialects ? knownDialects(dialects) : null }));
    },
    prices: (version) => find(priceCatalogueSchema, pricesPath(version)),
    events,
  };
}

function ledgerPath(after: number, limit: number): string {
  return `/v1/account/ledger?after=${after}&limit=${limit}`;
}

function pricesPath(version: string | undefined): string {
  return version === undefined ? '/v1/prices' : `/v1/prices?version=${encodeURIComponent(version)}`;
}

/** The key is masked in every answer, from the service or from a proxy in front of it. */
async function readMasked(response: Response, mask: CredentialMask | null): Promise<string> {
  const text = await readBounded(response);
  return mask?.text(text) ?? text;
}

async function* eventsOf(
  body: AsyncIterable<Uint8Array>,
  mask: CredentialMask | null,
  onContact: () => void,
): AsyncGenerator<AccountEvent> {
  const splitter = createSseSplitter({ maxEventBytes });
  const masked = mask?.stream();
  for await (const chunk of body) {
    onContact();
    for (const bytes of splitter.push(masked?.push(Buffer.from(chunk)) ?? chunk)) {
      const data = readSseData(bytes);
      const event = data === '' ? null : accountEventSchema.safeParse(parseReply(data));
      // A newer service may send events that this app does not know.
      if (event?.success && isBounded(event.data)) yield event.data;
    }
    if (splitter.isOverflowing)
      throw new CorvusError('upstream_interrupted', 'The account service sent an event that is too large.');
  }
}

/** Checks a reply; an invalid one is the service's fault, not a defect of this app. */
function read<T>(schema: z.ZodType<T>, reply: unknown): T {
  const parsed = schema.safeParse(reply);
  if (parsed.success && isBounded(parsed.data)) return parsed.data;
  throw new CorvusError(
    'upstream_not_json',
    'The account service sent an answer that this app does not understand.',
    {},
    parsed.error,
  );
}

/** An account's texts are stored and compared unchanged, so an absurdly long one is refused instead of cut. */
function isBounded(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.length <= longestText;
  if (typeof value !== 'object' || value === null) return true;
  const members = Object.values(value);
  return depth < deepest && members.length <= mostMembers && members.every((member) => isBounded(member, depth + 1));
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

function nullIfNotAllowed(error: unknown): null {
  if (error instanceof CorvusError && (error.code === 'key_may_not_manage' || error.code === 'role_not_allowed'))
    return null;
  throw error;
}

function parseReply(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined)
    throw new CorvusError(
      'upstream_not_json',
      'A web page answered instead of the account service. Check the base URL.',
    );
  return value;
}

const largestReplyBytes = 8 * 1024 * 1024;

const longestMessage = 500;

const errorSchema = z.object({ error: z.object({ code: z.string().nullish(), message: z.string() }) });

/** The text of a reply, unless it is absurdly long. */
async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largestReplyBytes)
      throw new CorvusError('upstream_interrupted', 'The account service sent a reply that is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What a refusal of the account service means for the person. */
function replyError(status: number, text: string): CorvusError {
  if (status >= 300 && status < 400)
    return new CorvusError(
      'upstream_redirect',
      'The account service answered with a redirect, which is not followed. Check the base URL.',
    );
  const body = errorSchema.safeParse(parseJson(text));
  const message = body.success
    ? body.data.error.message.slice(0, longestMessage)
    : `The account service answered with status ${status}.`;
  const code = body.success ? (body.data.error.code ?? '') : '';
  if (status === 401 || (status === 403 && !isErrorCode(code)))
    return new CorvusError('invalid_api_key', 'The account service does not accept this customer key.');
  if (isErrorCode(code)) return new CorvusError(code, message);
  return new CorvusError(status === 404 ? 'not_found' : 'upstream_connection_error', message);
}

/**
 * What a failed connection means for the person. A network error explains itself; an answer that breaks off does not.
 */
function connectionError(cause: unknown): CorvusError {
  if (cause instanceof CorvusError) return cause;
  return new CorvusError('upstream_connection_error', 'The account service broke off its answer.', {}, cause);
}
