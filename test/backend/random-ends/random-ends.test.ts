import { expect, test } from 'vitest';
import { createAccount, type NewAccount } from '#backend/accounts/create-account.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { balanceOf } from '#backend/ledger/decide-hold.ts';
import { openPlatformAccounts, readFunds } from '#backend/store/ledger-store.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import type { RequestRow } from '#backend/database/schema.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { type Expected, expectedCharge, inputEstimate, pricesOf, type Seen } from './charge-model.ts';
import { drawCase, type EndCase, seededDraw } from './draw-case.ts';
import { bodyOf, makeCall } from './make-call.ts';
import { type Meeting, startScriptedUpstream } from './scripted-upstream.ts';

const seed = 20_261_128;
const cases = 1_000;
const atOnce = 24;
const ampleNano = 5_000_000_000n;

interface Ended {
  end: EndCase;
  seen: Seen;
  account: NewAccount;
  requestId: string;
  balance: bigint;
}

test(
  `${cases} random ends of a call are charged what the model says, to the nano-dollar`,
  { timeout: 180_000 },
  async () => {
    await using upstream = await startScriptedUpstream();
    const credential = (dialectFamily: 'openai' | 'anthropic') => [
      { name: 'scripted', baseUrl: upstream.origin, dialectFamily, apiKey: 'upstream-key', priority: 0, weight: 1 },
    ];
    await using service = await startTestBackend({
      pools: { openai: credential('openai'), anthropic: credential('anthropic') },
    });
    const db = await openDatabase(service.database.place);
    try {
      await openPlatformAccounts(db);
      const draw = seededDraw(seed);
      const ends = Array.from({ length: cases }, (_, number) => drawCase(number, draw));
      const ended: Ended[] = [];
      const waiting = [...ends];
      const one = async (): Promise<void> => {
        for (let end = waiting.pop(); end; end = waiting.pop()) ended.push(await runCase(end));
      };
      const runCase = async (end: EndCase): Promise<Ended> => {
        const balance = balanceFor(end);
        const start = {
          label: `case ${end.number}`,
          grant: nanoUsd(balance),
          grantDescription: 'grant',
          plan: 'tokens' as const,
        };
        const account = await createAccount(db, systemRandom, Date.now(), start);
        const requestId = timeOrderedId('req', Date.now(), systemRandom.bytes(10));
        const meeting: Meeting = { end, arrived: Promise.withResolvers(), left: Promise.withResolvers() };
        upstream.expect(meeting);
        const seen = await makeCall(meeting, { requestId, key: account.customerKey, baseUrl: service.baseUrl });
        return { end, seen, account, requestId, balance };
      };
      await Promise.all(Array.from({ length: atOnce }, one));
      await eventually(async () => expect(await openRequests(db)).toBe(0));
      const faults: string[] = [];
      for (const over of ended) faults.push(...(await faultsOf(db, over, upstream.asked)));
      expect(faults).toEqual([]);
      // Verify: every movement in two accounts, no balance below zero, no hold without its request.
      expect(await service.backend.verify()).toEqual([]);
      expect(await db.selectFrom('holds').select('request_id').where('status', '=', 'open').execute()).toEqual([]);
    } finally {
      await db.destroy();
    }
  },
);

/**
 * What the account has: plenty, a little more than a request may begin with, just what this one will cost, or too
 * little to begin.
 */
function balanceFor(end: EndCase): bigint {
  if (end.balance === 'ample') return ampleNano;
  const prices = pricesOf(end.dialect);
  const input = BigInt(inputEstimate(Buffer.byteLength(bodyOf(end)))) * prices.input;
  if (end.balance === 'too-little') return input - 1n;
  const leastTokens =
    end.dialect === 'embeddings' ? 0 : end.isStream ? Math.min(end.maxTokens ?? 16, 16) : (end.maxTokens ?? 8_192);
  const least = input + BigInt(leastTokens) * prices.output;
  if (end.balance === 'small') return least + BigInt(end.number % 97) * prices.output;
  const cost = countedCost(end);
  return cost > least ? cost : least;
}

/** What the upstream counts in the end, at the model's prices. */
function countedCost({ dialect, counted }: EndCase): bigint {
  const prices = pricesOf(dialect);
  const input = BigInt(counted.input - counted.cached) * prices.input + BigInt(counted.cached) * prices.cached;
  return input + BigInt(counted.output) * prices.output;
}

async function openRequests(db: Db): Promise<number> {
  return (await db.selectFrom('requests').select('id').where('status', '=', 'open').execute()).length;
}

async function faultsOf(
  db: Db,
  { end, seen, account, requestId, balance }: Ended,
  asked: ReadonlySet<number>,
): Promise<string[]> {
  const row = await db.selectFrom('requests').selectAll().where('id', '=', requestId).executeTakeFirst();
  const funds = await readFunds(db, account.accountId);
  const charged = balance - balanceOf(funds);
  const faults: string[] = [];
  const say = (fault: string): void => void faults.push(`${kindOf(end)}: ${fault} (case ${end.number})`);
  if (end.balance === 'too-little') {
    if (row || charged !== 0n || asked.has(end.number)) say(`ran without the money for it, charged ${charged}`);
    return faults;
  }
  if (!row) return [`${kindOf(end)}: has no row, answered ${seen.status} (case ${end.number})`];
  if (!asked.has(end.number)) say('never reached its upstream');
  if (funds.available < 0n || funds.owed > 0n) say(`the balance is ${balanceOf(funds)}`);
  if (funds.held !== 0n) say(`${funds.held} are still held`);
  if (charged !== row.cost) say(`the row says ${row.cost}, the balance fell by ${charged}`);
  if (row.cost > row.held) say(`charged ${row.cost} of ${row.held} held`);
  const expected = expectedCharge(end, seen);
  if (!isOneOf(expected, row, balance, end))
    say(`charged ${row.cost}, written_off ${row.written_off}, expected ${wordsOf(expected)}`);
  const bound = writeOffBound(end, row, expected);
  if (row.written_off > bound) say(`the service wrote off ${row.written_off}, at most ${bound}`);
  return faults;
}

/** Whether the charge is the expected one, cut by what the account had, and by the hold where it is an estimate. */
function isOneOf({ ranges }: Expected, row: RequestRow, balance: bigint, end: EndCase): boolean {
  const isGrowing = end.isStream && end.balance === 'ample';
  const most = row.usage_source === 'estimated' && !isGrowing ? row.held : balance;
  const cut = (amount: bigint): bigint => (amount < most ? amount : most);
  return ranges.some(({ least, most: upTo }) => row.cost >= cut(least) && row.cost <= cut(upTo));
}

/**
 * What may fall on the service: of a last usage that says more than the account had, the rest; of an estimate, how far
 * a stream may run ahead of its hold (40 % and 64 tokens, docs/billing.md) and one event; of what was not delivered,
 * what the upstream said it cost.
 */
function writeOffBound(end: EndCase, row: RequestRow, { ranges }: Expected): bigint {
  const { input, output } = pricesOf(end.dialect);
  if (row.cost === 0n) {
    // The least that leaving costs: its input, and what a model may think in that time.
    const seconds = Number((row.settled_at_ms ?? row.created_at_ms) - row.created_at_ms) / 1000 + 1;
    const thought = BigInt(Math.ceil(seconds * 100));
    return (
      BigInt(inputEstimate(Buffer.byteLength(bodyOf(end)))) * input + (BigInt(end.counted.output) + thought) * output
    );
  }
  const expectedMost = ranges.reduce((sum, range) => (range.most > sum ? range.most : sum), 0n);
  // A stream that arrives in one piece is counted to its end, wherever the money for it ended.
  const arrived = row.outcome === 'exhausted' ? countedCost(end) : 0n;
  const most = arrived > expectedMost ? arrived : expectedMost;
  if (row.usage_source === 'provider') return most > row.cost ? most - row.cost : 0n;
  if (!end.isStream) return most > row.held ? most - row.held : 0n;
  const tokensOf = (piece: string): number => Math.ceil(piece.length / 4);
  // What an upstream counts all along, it has reported for what was no longer relayed, too.
  const reported = end.claim === 'partial' ? end.pieces.reduce((sum, piece) => sum + tokensOf(piece), 0) : 0;
  return (row.held * 4n) / 10n + (64n + BigInt(Math.max(...end.pieces.map(tokensOf)) + reported)) * output;
}

function kindOf({ dialect, isStream, happening, leaving, claim, balance, carrier }: EndCase): string {
  const who = leaving ? `left, upstream ${leaving.upstreamThen}` : happening.kind;
  return `${dialect} ${isStream ? 'streamed' : 'whole'} | ${who} | usage ${claim} | ${carrier} | ${balance}`;
}

function wordsOf({ ranges }: Expected): string {
  return ranges.map(({ least, most }) => (least === most ? `${least}` : `${least} to ${most}`)).join(' or ');
}
