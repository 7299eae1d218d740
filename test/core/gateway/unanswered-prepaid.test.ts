import { expect, test } from 'vitest';
import type { Outcome } from '#proxy/call.ts';
import { outcomeWithoutReply } from '#proxy/relay/outcome.ts';
import { createConfirmations } from '#core/envelopes/confirmations.ts';
import { createEnvelopeCounters } from '#core/envelopes/envelope-counters.ts';
import { createPrepaidRoom } from '#core/envelopes/prepaid-room.ts';
import { createSpending } from '#core/envelopes/spending.ts';
import type { Destination } from '#core/gateway/destination.ts';
import { createGatewayService } from '#core/gateway/gateway-service.ts';
import { createPromptCaches } from '#core/usage/prompt-caches.ts';
import { createParking } from '#core/parking/parking.ts';
import type { FinishedRequest } from '#core/store/requests/request-records.ts';
import type { Lane, RequestSummary } from '#shared/account/request.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { testPrice } from '../../support/test-price.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const id = envelopeIdSchema.parse('env_1');
const caller = {
  id: localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69'),
  label: 'tool',
  route: 'auto' as const,
  limits: noLimits,
  steadiesAttribution: false,
};

const price = testPrice();

/** One request at an envelope, and what became of its money. */
async function spend(lane: Lane, error: CorvusError) {
  const counters = createEnvelopeCounters(() => 0);
  const terms = { name: 'All', scope: { kind: 'everything' }, limit: '1.00', period: 'once', timeZone: 'UTC' } as const;
  counters.put({ ...terms, id, allowsUnpriced: false, isPaused: false, createdAtMs: 0, countsFromMs: 0 });
  const confirmations = createConfirmations(counters);
  const nothing = () => undefined;
  const prepaid = createPrepaidRoom(
    () => null,
    () => 0,
  );
  const deps = { clock: nodeClock, counters, confirmations, prepaid, changed: nothing, reached: nothing };
  const spending = createSpending(deps);
  const place: Destination = {
    lane,
    provider: lane === 'prepaid' ? 'account' : 'mine',
    model: 'm',
    price,
    target: {
      kind: 'http',
      name: 'account',
      origin: 'http://x',
      path: '/',
      headers: {},
      mayBePrivate: true,
      injectUsage: false,
    },
    reason: 'bound',
    catalogueVersion: '1',
  };
  let finished: FinishedRequest | null = null;
  const service = createGatewayService({
    keys: { find: () => caller, current: () => caller },
    slots: { enter: async () => nothing },
    planRoute: async () => ({
      first: place,
      others: [],
      plan: null,
      staysOnBillingError: false,
      asksAfterBillingError: false,
    }),
    limits: { enter: () => ({ leave: nothing }) },
    spending,
    parking: createParking({ clock: nodeClock, seesBalance: () => true, changed: nothing }),
    otherLanes: () => [],
    requests: {
      begin: nothing,
      switched: nothing,
      named: nothing,
      refused: nothing,
      finish: (request) => (finished = request),
    },
    repeats: {
      check: async () => {},
      refused: async (_call, _caller, error) => toCorvusError(error),
      ended: async () => {},
    },
    promptCaches: createPromptCaches(),
    refusals: { note: nothing },
    askLeave: nothing,
  });
  const call = testCall();
  const admission = await service.admit(call, caller, new AbortController().signal, nothing);
  const outcome: Outcome = outcomeWithoutReply(call, 0, error, [], false);
  await admission.settle(outcome);
  const before = counters.find(id)?.period.spent;
  confirmations.take([{ id: call.requestId, cost: '0.25', costKind: 'settled' } as RequestSummary]);
  const row = finished as FinishedRequest | null;
  return {
    before,
    after: counters.find(id)?.period.spent,
    held: counters.find(id)?.period.held,
    isInRow: row?.envelopes !== null,
  };
}

const lost = () => new CorvusError('upstream_connection_error');

test('a prepaid request whose answer was lost counts as soon as the account says that it was charged', async () => {
  expect(await spend('prepaid', lost())).toEqual({ before: 0n, after: 250_000_000n, held: 0n, isInRow: true });
});

test('and so does one that had arrived over a connection that broke, and is refused when it is sent again', async () => {
  const again = new CorvusError('request_in_flight');
  expect(await spend('prepaid', again)).toEqual({ before: 0n, after: 250_000_000n, held: 0n, isInRow: true });
});

test('a request that was refused, or that an own provider did not answer, counts nothing', async () => {
  expect(await spend('byok', lost())).toEqual({ before: 0n, after: 0n, held: 0n, isInRow: false });
  expect(await spend('prepaid', new CorvusError('bad_request'))).toEqual({
    before: 0n,
    after: 0n,
    held: 0n,
    isInRow: false,
  });
});
