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
  const first = stay.wait(balance, null);
  clock.advance(40_000);
  parking.roomCame();
  expect(parking.list()).toMatchObject([{ awaits: { kind: 'balance' }, required: '0.01' }]);
  parking.balanceRose(usd('0.01'));
  expect(await first).toBe('again');
  expect(parking.list()).toEqual([]);
  const second = stay.wait(balance, null);
  clock.advance(20_000);
  expect(await second).toBe('refuse');
  stay.end();
  expect(parking.causes()).toEqual([]);
});

test('a rise between the refusal and the wait is not missed', async () => {
  const { parking, waiter } = start();
  const stay = parking.stay(waiter());
  parking.balanceRose(usd('0.01'));
  expect(await stay.wait(balance, null)).toBe('again');
});

test('a request goes on once the balance is enough for it, and not at every hold that returns', async () => {
  const { clock, parking, waiter } = start();
  const stay = parking.stay(waiter());
  const unknown = parking.stay(waiter()).wait({ ...balance, required: null }, null);
  const first = stay.wait(balance, null);
  parking.balanceRose(usd('0.009'));
  expect(await unknown).toBe('again');
  expect(parking.list()).toHaveLength(1);
  parking.balanceRose(usd('0.01'));
  expect(await first).toBe('again');
  // Others were faster; two more holds return at once.
  const second = stay.wait(balance, null);
  parking.balanceRose(usd('0.02'));
  clock.advance(betweenTriesMs - 1);
  parking.balanceRose(usd('0.03'));
  expect(parking.list()).toHaveLength(1);
  clock.advance(1);
  expect(await second).toBe('again');
  // And one while it was away.
  parking.balanceRose(usd('0.04'));
  const third = stay.wait(balance, null);
  expect(parking.list()).toHaveLength(1);
  clock.advance(betweenTriesMs);
  expect(await third).toBe('again');
  parking.balanceRose(usd('0.001'));
  clock.advance(betweenTriesMs);
  void stay.wait(balance, null);
  expect(parking.list()).toHaveLength(1);
  parking.stop();
  expect(clock.pending()).toBe(0);
});

test('room in an envelope has those go on that wait for it', async () => {
  const { parking, waiter } = start();
  const [one, other] = [envelopeIdSchema.parse('env_1'), envelopeIdSchema.parse('env_2')];
  const waits = [one, other].map((id) =>
    parking.stay(waiter()).wait({ awaits: { kind: 'envelope', id }, required: '0.01' }, null),
  );
  parking.roomCame([one]);
  expect(await waits[0]).toBe('again');
  expect(parking.list()).toMatchObject([{ awaits: { id: other } }]);
  parking.roomCame();
  expect(await waits[1]).toBe('again');
});

test('where no one tells of the balance, the account is asked again after half a minute', async () => {
  const { clock, parking, waiter } = start(false);
  const waiting = parking.stay(waiter()).wait(balance, null);
  clock.advance(30_000);
  expect(await waiting).toBe('again');
});

test('a limited number waits, with a limited number of bytes', async () => {
  const many = start();
  for (let index = 0; index < mostParked; index += 1) void many.parking.stay(many.waiter()).wait(balance, null);
  expect(await many.parking.stay(many.waiter()).wait(balance, null)).toBe('refuse');
  const large = start();
  void large.parking.stay(large.waiter({ bytes: mostParkedBytes - 5 })).wait(balance, null);
  expect(await large.parking.stay(large.waiter()).wait(balance, null)).toBe('refuse');
  large.parking.stop();
  expect(large.parking.list()).toEqual([]);
});
