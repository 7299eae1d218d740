import { z } from 'zod';
import { accountSchema } from '#shared/account/account.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { accountEventSchema } from '#shared/account/events.ts';
import { readAccount } from './read-account.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import { ledgerLineOf } from '../store/row-views.ts';
import { readLines } from '../store/statement-store.ts';
import { listPage, pageCursor, pageLimit } from '../http/list-page.ts';
import type { BalanceRouteDeps } from './balance-route-deps.ts';

export const getAccount = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/account',
  summary: 'The balance, the part that requests hold, and what is available.',
  reply: accountSchema,
  isPolled: true,
}).handle<BalanceRouteDeps>(({ services, caller }) => {
  const { isPlayMoney, payments } = services;
  const facts = {
    isPlayMoney,
    topupUrl: services.topupUrl(),
    hasAutoTopup: payments.isConnected,
    nowMs: services.clock.nowMs(),
  };
  return readAccount(services.db, caller.accountId, facts);
});

const querySchema = z.object({ after: pageCursor, limit: pageLimit });

export const getAccountLedger = keyEndpoint({
  method: 'get',
  path: '/v1/account/ledger',
  summary: 'Ledger lines after a sequence number, oldest first.',
  query: querySchema,
  needs: 'admin',
  reply: ledgerPageSchema,
}).handle<BalanceRouteDeps>(async ({ services, caller, query: { after, limit } }) => {
  const rows = await readLines(services.db, caller.accountId, BigInt(after), limit + 1);
  return listPage(rows, limit, ledgerLineOf);
});

/** Live changes of an account. A client that reconnects with `Last-Event-ID` gets every ledger line after it, once. */
export const getAccountEvents = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/account/events',
  summary: 'A live stream of changes. With `Last-Event-ID`, every ledger line after that sequence comes first.',
  reply: accountEventSchema,
  replyType: 'text/event-stream',
  errors: ['rate_limit_exceeded'],
}).handle<BalanceRouteDeps>(({ context, services, caller }) => {
  const lastEventId = context.req.header('last-event-id') ?? '';
  const after = /^\d{1,15}$/.test(lastEventId) ? BigInt(lastEventId) : null;
  return new Response(services.eventStreams.open(caller, after), {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      // Otherwise the first events would be buffered until more have come.
      'transfer-encoding': 'chunked',
    },
  });
});
