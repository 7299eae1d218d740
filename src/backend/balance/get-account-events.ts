import { accountEventSchema } from '#shared/account/events.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

/** Live changes of an account. A client that reconnects with `Last-Event-ID` gets every ledger line after it, once. */
export const getAccountEvents = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/account/events',
  summary: 'What changes, as it happens. With `Last-Event-ID`, every ledger line after that sequence comes first.',
  reply: accountEventSchema,
  replyType: 'text/event-stream',
  errors: ['rate_limit_exceeded'],
}).handle(({ context, services, caller }) => {
  const lastEventId = context.req.header('last-event-id') ?? '';
  const after = /^\d{1,15}$/.test(lastEventId) ? BigInt(lastEventId) : null;
  return new Response(services.eventStreams.open(caller, after), {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      // Otherwise the first events are held back until more have come.
      'transfer-encoding': 'chunked',
    },
  });
});
