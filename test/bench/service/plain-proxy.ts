// The engine of the service without the service: no keys, no money, no rows. Prints its port.
import { createListener } from '#proxy/listen/create-listener.ts';
import { createCallHandler } from '#proxy/handle-call.ts';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';

const [origin = ''] = process.argv.slice(2);
const newRequestId = (): RequestId => requestIdSchema.parse(timeOrderedId('req', Date.now(), systemRandom.bytes(10)));
const target = { kind: 'http', name: 'main', origin, headers: {}, mayBePrivate: true, injectUsage: true } as const;
const calls = createCallHandler<null>({
  service: {
    authenticate: () => null,
    admit: async ({ endpoint }) => ({
      targets: [{ ...target, path: endpoint }],
      replyHeaders: {},
      settle: async () => ({ costNanoUsd: null, balanceNanoUsd: null }),
    }),
  },
  guard: { allowedHosts: null, refusesBrowsers: false },
  send: createSend(directNetwork()),
  clock: systemClock,
  upstreamAccount: 'platform',
  random: systemRandom,
  newRequestId,
  trustsRequestId: false,
  onFailure: (_requestId, cause) => process.stderr.write(`${String(cause)}\n`),
});
const listener = createListener({
  clock: systemClock,
  newRequestId,
  handler(request, response) {
    const endpoint = matchEndpoint(request.url ?? '');
    if (endpoint) void calls.handle(request, response, endpoint);
  },
});
const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${port}\n`);
