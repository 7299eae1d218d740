// The engine of the service without the service: no keys, no prices, no receipts; and no money, or nothing but the
// ledger's hold and settlement in a database that is named. Prints its port.
import { createListener } from '#proxy/listen/create-listener.ts';
import { createCallHandler } from '#proxy/handle-call.ts';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { nanoUsd } from '#shared/money.ts';
import { hold, openCustomers, openInstances, settle } from './ledger-bench-world.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';

const accounts = 50;
const waitMs = 1_000;
const [origin = '', place] = process.argv.slice(2);
const ledger = place === undefined ? null : await openLedger(place);
const newRequestId = (): RequestId => requestIdSchema.parse(timeOrderedId('req', Date.now(), systemRandom.bytes(10)));
const target = { kind: 'http', name: 'main', origin, headers: {}, mayBePrivate: true, injectUsage: true } as const;
const calls = createCallHandler<null>({
  service: {
    authenticate: () => null,
    async admit({ endpoint }) {
      const held = await ledger?.hold();
      return {
        targets: [{ ...target, path: endpoint }],
        replyHeaders: {},
        async settle() {
          await held?.settle();
          return { costNanoUsd: null, balanceNanoUsd: null };
        },
      };
    },
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

/** Holds and settles for the accounts in turn. */
async function openLedger(place: string) {
  const [instance] = await openInstances(place, 1);
  if (!instance) throw new Error('there is no instance');
  const customers = await openCustomers(instance, accounts, nanoUsd(1_000_000_000_000n));
  let next = 0;
  return {
    async hold() {
      const customer = customers[(next += 1) % accounts];
      const requestId = customer && (await hold(instance, customer, waitMs));
      if (!customer || !requestId) throw new Error('there is no money');
      return { settle: () => settle(instance, customer, requestId) };
    },
  };
}
