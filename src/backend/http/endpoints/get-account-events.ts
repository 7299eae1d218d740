import { streamSSE } from 'hono/streaming';
import { accountEventSchema } from '#shared/account/events.ts';
import { createAccountStream } from '../../accounts/account-stream.ts';
import { scopeOf } from '../../accounts/roles.ts';
import { keyEndpoint } from '../declare-endpoint.ts';

const heartbeatMs = 15_000;

/** Live changes of an account. A client that reconnects with `Last-Event-ID` gets every ledger line after it, once. */
export const getAccountEvents = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/account/events',
  summary: 'What changes, as it happens. With `Last-Event-ID`, every ledger line after that sequence comes first.',
  reply: accountEventSchema,
  replyType: 'text/event-stream',
}).handle(({ context, services, caller }) => {
  const lastEventId = context.req.header('last-event-id') ?? '';
  const after = /^\d{1,15}$/.test(lastEventId) ? BigInt(lastEventId) : null;
  context.header('cache-control', 'no-cache');
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const ended = AbortSignal.any([gone.signal, services.stopping]);
    const stopHeartbeat = services.clock.every(heartbeatMs, () => void stream.write(': keep-alive\n\n'));
    try {
      for await (const { id, event } of createAccountStream(services, scopeOf(caller), after, ended)) {
        await stream.writeSSE({ event: event.type, data: JSON.stringify(event), ...(id === null ? {} : { id }) });
      }
    } finally {
      stopHeartbeat();
    }
  });
});
