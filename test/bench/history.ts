import { RequestBatch } from '#core/store/requests/request-batch.ts';
import type { WriteDb } from '#core/store/database/database.ts';
import { type LocalKeyId, localKeyIdSchema, type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd } from '#shared/money.ts';
import { dayMs, quarterMs } from '#shared/time.ts';
import { begun, finished } from '../support/store-fixture.ts';

const perBatch = 2_000;
export const requestsOfSession = 50;
/** The history ends now and spreads over this long. */
const spreadMs = 200 * dayMs;
export const endMs = Math.floor(Date.now() / quarterMs) * quarterMs;

export const models = Array.from({ length: 40 }, (_, index) => `model-${index}`);
const lanes = ['prepaid', 'byok', 'local'] as const;
export const keys: LocalKeyId[] = Array.from({ length: 8 }, (_, index) => localKeyIdSchema.parse(`lk_${index}`));
const moment = (index: number, count: number): number => endMs - spreadMs + Math.floor((index / count) * spreadMs);
export const idOf = (index: number, count: number): RequestId => {
  const noise = new Uint8Array(10);
  new DataView(noise.buffer).setUint32(2, index);
  return requestIdSchema.parse(timeOrderedId('req', moment(index, count), noise));
};

/** Writes so many requests, as the store itself writes them. */
export function fillHistory(db: WriteDb, count: number): void {
  for (let index = 0; index < count; index += perBatch) {
    db.transaction(() => {
      const batch = new RequestBatch(db);
      for (let number = index; number < Math.min(count, index + perBatch); number += 1) add(batch, number, count);
      batch.write();
    })();
    if ((index / perBatch) % 50 === 0)
      process.stdout.write(`\r${index.toLocaleString('en')} of ${count.toLocaleString('en')} requests`);
  }
  process.stdout.write(`\r${count.toLocaleString('en')} requests${' '.repeat(24)}\n`);
}

/** A session is one tool at work on one project, mostly with one model. */
function add(batch: RequestBatch, index: number, count: number): void {
  const id = idOf(index, count);
  const session = Math.floor(index / requestsOfSession);
  const modelNumber = (session + (index % 10 === 0 ? 1 : 0)) % models.length;
  const lane = lanes[modelNumber % lanes.length] ?? 'byok';
  const provider = lane === 'prepaid' ? 'account' : `provider-${modelNumber % 4}`;
  const createdAtMs = moment(index, count);
  const modelRequested = models[modelNumber] ?? '';
  const belongings = { tool: `tool-${session % 9}`, project: `project-${session % 20}`, session: `session-${session}` };
  const localKeyId = keys[session % keys.length] ?? null;
  batch.apply({
    kind: 'begun',
    request: begun({ id, createdAtMs, modelRequested, lane, provider, localKeyId, ...belongings }),
  });
  const isFailed = index % 500 === 0;
  const usage = makeUsage({ freshInput: 1_000 + (index % 9_000), cacheRead: index % 5_000, outputText: index % 2_000 });
  const ended = isFailed ? ({ status: 'failed', httpStatus: 502, usage: null } as const) : ({ usage } as const);
  const cost = nanoUsd(isFailed ? 0n : BigInt(1_000 + (index % 100_000)));
  batch.apply({ kind: 'finished', request: finished(id, { ...ended, lane, provider, meteredCostNanoUsd: cost }) });
}
