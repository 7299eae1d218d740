import { noLimits } from '#shared/domain/local-key.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger } from '#shared/ports.ts';
import { openStore } from '#core/store/open-store.ts';
import type { LocalKeyRecord } from '#core/store/records.ts';
import type { BegunRequest, FinishedRequest } from '#core/store/requests/request-records.ts';
import type { Store } from '#core/store/store.ts';
import { localKeyIdSchema, type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd } from '#shared/money.ts';
import { testFolder } from './test-folder.ts';

export const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const realClock: Clock = {
  nowMs: () => Date.now(),
  every(periodMs, task) {
    const timer = setInterval(task, periodMs).unref();
    return () => clearInterval(timer);
  },
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

export function temporaryFolder(): string {
  return mkdtempSync(join(testFolder, 'corvus-store-'));
}

export interface TestStore {
  store: Store;
  databasePath: string;
  /** Closes and opens the same file again. */
  reopen(): Promise<Store>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestStore(clock: Clock = realClock): Promise<TestStore> {
  const folder = temporaryFolder();
  const databasePath = join(folder, 'corvus.db');
  const open = () => openStore({ databasePath, clock, logger: quiet });
  const test: TestStore = {
    store: await open(),
    databasePath,
    async reopen() {
      await test.store.close();
      return (test.store = await open());
    },
    async [Symbol.asyncDispose]() {
      await test.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return test;
}

let counter = 0;

/** Ids of one moment in the order they were made. */
export function requestId(atMs = 1_700_000_000_000): RequestId {
  counter += 1;
  const noise = new Uint8Array(10);
  new DataView(noise.buffer).setUint32(2, counter);
  return requestIdSchema.parse(timeOrderedId('req', atMs, noise));
}

export const noAttribution = { tool: null, project: null, session: null, agent: null, parentAgent: null, tags: {} };

export function begun(parts: Partial<BegunRequest> = {}): BegunRequest {
  const createdAtMs = parts.createdAtMs ?? 1_700_000_000_000;
  return {
    id: requestId(createdAtMs),
    createdAtMs,
    localKeyId: null,
    localKeyLabel: null,
    dialect: 'openai-chat',
    endpoint: '/v1/chat/completions',
    modelRequested: 'gpt-5.5',
    lane: 'prepaid',
    provider: 'account',
    routeReason: 'sold',
    plan: null,
    parentId: null,
    ...noAttribution,
    envelopes: null,
    isStream: true,
    requestBytes: 120,
    userAgent: 'test/1',
    hints: [],
    ...parts,
  };
}

export function finished(id: RequestId, parts: Partial<FinishedRequest> = {}): FinishedRequest {
  return {
    id,
    status: 'completed',
    lane: 'prepaid',
    provider: 'account',
    translatedTo: null,
    httpStatus: 200,
    refusedBy: null,
    errorCode: null,
    errorMessage: null,
    modelServed: 'gpt-5.5-2026-01-01',
    answerId: null,
    finishReason: 'stop',
    usage: makeUsage({ freshInput: 10, cacheRead: 5, outputText: 7 }),
    usageSource: 'provider',
    unitPrices: null,
    catalogueVersion: '2026-11-20.1',
    meteredCostNanoUsd: nanoUsd(1_234n),
    settledCostNanoUsd: null,
    balanceAfterNanoUsd: null,
    envelopes: null,
    cacheBreak: null,
    outputLimit: null,
    limitedBy: null,
    firstByteMs: 12.5,
    totalMs: 80.25,
    responseBytes: 900,
    attempts: [
      {
        number: 1,
        provider: 'account',
        model: null,
        startedAtMs: 1_700_000_000_001,
        firstByteMs: 11,
        totalMs: 79,
        httpStatus: 200,
        errorCode: null,
      },
    ],
    ...parts,
  };
}

export function localKey(parts: Partial<LocalKeyRecord> = {}): LocalKeyRecord {
  return {
    id: localKeyIdSchema.parse('lk_1'),
    label: 'editor',
    limits: noLimits,
    steadiesAttribution: false,
    hint: 'sk-local-…abcd',
    secretHash: 'a'.repeat(64),
    route: 'auto',
    createdAtMs: 1,
    lastUsedAtMs: null,
    revokedAtMs: null,
    ...parts,
  };
}
