import { expect, test } from 'vitest';
import {
  betweenTriesMs,
  createParking,
  mostParked,
  mostParkedBytes,
  type Shortage,
  type Waiter,
} from '#core/parking/parking.ts';
import { envelopeIdSchema, localKeyIdSchema, requestIdSchema } from '#shared/ids.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { createTestClock } from '../../support/test-clock.ts';

const balance: Shortage = { awaits: { kind: 'balance' }, required: '0.01' };
const usd = (amount: string) => parseUsd(amount) ?? nanoUsd(0n);
let ids = 0;

function start(seesBalance = true) {
  const clock = createTestClock();
  const parking = createParking({ clock, seesBalance: () => seesBalance, changed: () => undefined });
  const waiter = (more: Partial<Waiter> = {}): Waiter => ({
    requestId: requestIdSchema.parse(`req_0000000000007${(ids += 1).toString(16).padStart(19, '0')}`),
    localKeyId: localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69'),
    localKeyLabel: 'tool',
    model: 'm',
    bytes: 10,
    longestMs: 60_000,
    clientGone: new AbortController().signal,
    keepAlive: () => undefined,
    ...more,
  });
  return { clock, parking, waiter };
}

test('a request waits until the balance rises, and all its waits together no longer than its limit', async () => {
  const { clock, parking, waiter } = start();
  const stay = parking.stay(waiter());
  const first = stay.wait(balance);
  clock.advance(40_000);
  parking.roomCame();
  expect(parking.list()).toMatchObject([{ awaits: { kind: 'balance' }, required: '0.01' }]);
  parking.balanceRose(usd('0.01'));
  expect(await first).toBe(true);
  expect(parking.list()).toEqual([]);
  const second = stay.wait(balance);
  clock.advance(20_000);
  expect(await second).toBe(false);
  stay.end();
  expect(parking.causes()).toEqual([]);
});

test('a rise between the refusal and the wait is not missed', async () => {
  const { parking, waiter } = start();
  const stay = parking.stay(waiter());
  parking.balanceRose(usd('0.01'));
  expect(await stay.wait(balance)).toBe(true);
});

test('a request goes on once the balance is enough for it, and not at every hold that returns', async () => {
  const { clock, parking, waiter } = start();
  const stay = parking.stay(waiter());
  const unknown = parking.stay(waiter()).wait({ ...balance, required: null });
  const first = stay.wait(balance);
  parking.balanceRose(usd('0.009'));
  expect(await unknown).toBe(true);
  expect(parking.list()).toHaveLength(1);
  parking.balanceRose(usd('0.01'));
  expect(await first).toBe(true);
  // Others were faster; two more holds return at once.
  const second = stay.wait(balance);
  parking.balanceRose(usd('0.02'));
  clock.advance(betweenTriesMs - 1);
  parking.balanceRose(usd('0.03'));
  expect(parking.list()).toHaveLength(1);
  clock.advance(1);
  expect(await second).toBe(true);
  // And one while it was away.
  parking.balanceRose(usd('0.04'));
  const third = stay.wait(balance);
  expect(parking.list()).toHaveLength(1);
  clock.advance(betweenTriesMs);
  expect(await third).toBe(true);
  parking.balanceRose(usd('0.001'));
  clock.advance(betweenTriesMs);
  void stay.wait(balance);
  expect(parking.list()).toHaveLength(1);
  parking.stop();
  expect(clock.pending()).toBe(0);
});

test('room in an envelope has those go on that wait for it', async () => {
  const { parking, waiter } = start();
  const [one, other] = [envelopeIdSchema.parse('env_1'), envelopeIdSchema.parse('env_2')];
  const waits = [one, other].map((id) =>
    parking.stay(waiter()).wait({ awaits: { kind: 'envelope', id }, required: '0.01' }),
  );
  parking.roomCame([one]);
  expect(await waits[0]).toBe(true);
  expect(parking.list()).toMatchObject([{ awaits: { id: other } }]);
  parking.roomCame();
  expect(await waits[1]).toBe(true);
});

test('where no one tells of the balance, the account is asked again after half a minute', async () => {
  const { clock, parking, waiter } = start(false);
  const waiting = parking.stay(waiter()).wait(balance);
  clock.advance(30_000);
  expect(await waiting).toBe(true);
});

test('a limited number waits, with a limited number of bytes', async () => {
  const many = start();
  for (let index = 0; index < mostParked; index += 1) void many.parking.stay(many.waiter()).wait(balance);
  expect(await many.parking.stay(many.waiter()).wait(balance)).toBe(false);
  const large = start();
  void large.parking.stay(large.waiter({ bytes: mostParkedBytes - 5 })).wait(balance);
  expect(await large.parking.stay(large.waiter()).wait(balance)).toBe(false);
  large.parking.stop();
  expect(large.parking.list()).toEqual([]);
});
