import { describe, expect, test } from 'vitest';
import type { Destination } from '#core/gateway/destination.ts';
import { createGatewayService } from '#core/gateway/gateway-service.ts';
import { createRepeatWatch, digestOf } from '#core/gateway/watch-repeats.ts';
import { createPromptCaches } from '#core/usage/prompt-caches.ts';
import { createParking } from '#core/parking/parking.ts';
import { createRepeatBreaker } from '#core/repeats/repeat-breaker.ts';
import type { Spending } from '#core/envelopes/spending.ts';
import { outcomeWithoutReply } from '#proxy/relay/outcome.ts';
import type { Lane } from '#shared/account/request.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';
import { localKeyIdSchema } from '#shared/ids.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { createTestClock } from '../../support/test-clock.ts';

const caller = {
  id: localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69'),
  label: 'tool',
  route: 'auto' as const,
  limits: noLimits,
  steadiesAttribution: false,
};
const nothing = () => undefined;

/** A gateway whose parts throw what the test sets. */
function start() {
  const clock = createTestClock();
  const set = { limits: null as ErrorCode | null, money: null as ErrorCode | null, lane: 'byok' as Lane };
  const fail = (code: ErrorCode | null): void => {
    if (code !== null) throw new CorvusError(code);
  };
  const place = (): Destination => ({
    lane: set.lane,
    provider: 'mine',
    model: 'm',
    price: null,
    target: {
      kind: 'http',
      name: 'mine',
      origin: 'http://x',
      path: '/',
      headers: {},
      mayBePrivate: true,
      injectUsage: false,
    },
    reason: 'bound',
    catalogueVersion: '1',
  });
  const reserve: Spending['reserve'] = async ({ places }) => {
    fail(set.money);
    return {
      places: places.map((one) => ({ place: one, outputLimit: null, limitedBy: null })),
      holds: [],
      covers: () => true,
      without: (work) => work(),
      settle: () => [],
    };
  };
  const breaker = createRepeatBreaker({ nowMs: clock.nowMs, seesBalance: () => true });
  const service = createGatewayService({
    keys: { find: () => caller, current: () => caller },
    slots: { enter: async () => nothing },
    planRoute: async () => ({
      first: place(),
      others: [],
      plan: null,
      staysOnBillingError: false,
      asksAfterBillingError: false,
    }),
    limits: {
      enter() {
        fail(set.limits);
        return { leave: nothing };
      },
    },
    spending: { reserve, pays: () => false, move: () => null },
    parking: createParking({ clock, seesBalance: () => true, changed: nothing }),
    otherLanes: () => [],
    requests: { begin: nothing, switched: nothing, named: nothing, refused: nothing, finish: nothing },
    repeats: createRepeatWatch({ breaker, answered: nothing, loops: { check: nothing } }, clock.nowMs),
    promptCaches: createPromptCaches(),
    refusals: { note: nothing },
    askLeave: nothing,
  });
  /**
   * One more of the same. @returns the code that it was refused with before it was sent; null: its upstream answered
   * 404
   */
  async function send(): Promise<string | null> {
    const call = testCall();
    try {
      const admission = await service.admit(call, caller, new AbortController().signal, nothing);
      const refused = outcomeWithoutReply(call, clock.nowMs(), new CorvusError('model_not_found'), [], false);
      await admission.settle({
        ...refused,
        status: 'refused',
        errorCode: null,
        httpStatus: 404,
        refusal: Buffer.from('{}'),
      });
      return null;
    } catch (error) {
      return error instanceof CorvusError ? error.code : String(error);
    }
  }
  return { clock, set, send };
}

describe('one more try that ends without telling whether it still fails is followed by another', () => {
  test.each([
    ['a limit of the key', { limits: 'rate_limit_exceeded' }, 'rate_limit_exceeded'],
    ['a refusal that passes', { money: 'no_upstream_capacity' }, 'no_upstream_capacity'],
    ['a client that left', { money: 'request_timeout' }, 'request_timeout'],
    ['a server on this machine', { lane: 'local' }, null],
  ] as const)('%s', async (_name, meanwhile, told) => {
    const { clock, set, send } = start();
    expect([await send(), await send(), await send()]).toEqual([null, null, 'repeated_request']);
    clock.advance(31_000);
    Object.assign(set, meanwhile);
    expect(await send()).toBe(told);
    Object.assign(set, { limits: null, money: null, lane: 'byok' });
    expect(await send()).toBeNull();
  });
});

test('a header of a gateway before the provider makes another request of it, and an id of each request does not', async () => {
  const of = (headers: Record<string, string>) => digestOf({ ...testCall(), headers });
  const plain = await of({});
  expect(await of({ 'x-portkey-config': 'pc-1' })).not.toBe(plain);
  expect(await of({ 'x-portkey-trace-id': 'a', 'idempotency-key': 'b', 'x-stainless-retry-count': '1' })).toBe(plain);
});
