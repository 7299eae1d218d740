import { join } from 'node:path';
import { Journal } from '#core/store/threads/journal.ts';
import { openStore } from '#core/store/open-store.ts';
import { encodeRecord, type BegunRequest, type FinishedRequest } from '#core/store/requests/request-records.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { begun, finished, quiet } from '../support/store-fixture.ts';

/**
 * What the gateway does for a call besides piping it, by the gateway's own code, to be added to the bare pipe one by
 * one: each shows what can be had at most once it is required.
 */
export interface PipeStep {
  /** Before anything is sent upstream. */
  begin?(call: StepCall, body: Buffer): void;
  /** Before the last byte is sent to the client. */
  end?(call: StepCall, reply: Buffer): void;
}

export interface StepCall {
  id: RequestId;
  createdAtMs: number;
}

export function newCall(): StepCall {
  const createdAtMs = systemClock.nowMs();
  return { id: requestIdSchema.parse(timeOrderedId('req', createdAtMs, systemRandom.bytes(10))), createdAtMs };
}

type Open = (folder: string) => PipeStep | Promise<PipeStep>;

const kinds = new Map<string, Open>([
  ['journal', openJournal],
  ['store', openRecords],
  ['reading', () => reading],
]);

/** @param folder where their files may be */
export async function openSteps(names: readonly string[], folder: string): Promise<PipeStep[]> {
  const steps: PipeStep[] = [];
  for (const name of names) {
    const open = kinds.get(name);
    if (!open) throw new Error(`There is no step "${name}".`);
    steps.push(await open(folder));
  }
  return steps;
}

/** A record before the call is sent and one before its answer ends, which survive the end of the process. */
function openJournal(folder: string): PipeStep {
  const journal = new Journal({ databasePath: join(folder, 'journal.db'), clock: systemClock, logger: quiet });
  return {
    begin: (call) => journal.append(encodeRecord({ kind: 'begun', request: begunOf(call) }))?.release(),
    end: ({ id }) => journal.append(encodeRecord({ kind: 'finished', request: finishedOf(id) }))?.release(),
  };
}

/** The same records, and the row with its indexes and sums that the history, the limits and the budgets are read from. */
async function openRecords(folder: string): Promise<PipeStep> {
  const store = await openStore({ databasePath: join(folder, 'store.db'), clock: systemClock, logger: quiet });
  return {
    begin: (call) => store.requests.begin(begunOf(call)),
    end: ({ id }) => store.requests.finish(finishedOf(id)),
  };
}

const price = { prices: { input: '2.5', output: '10' } };

/** What the body asks for, read strictly; what the reply says of itself, and its price. */
const reading: PipeStep = {
  begin: (_call, body) => void readFacts('openai-chat', body),
  end(_call, body) {
    const { readReply, sizeOfReply } = dialectReaders['openai-chat'];
    const reply = asObject(parseExactJson(body.toString('utf8')));
    if (!reply) return;
    const { usage } = readReply(reply);
    tokensOf(sizeOfReply(reply));
    if (usage) priceUsage(usage, price);
  },
};

function begunOf({ id, createdAtMs }: StepCall): BegunRequest {
  return begun({ id, createdAtMs, lane: 'local', provider: 'bench', modelRequested: 'bench-model', isStream: false });
}

function finishedOf(id: RequestId): FinishedRequest {
  return finished(id, { lane: 'local', provider: 'bench' });
}
