import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { createKeyLimits } from '#core/keys/key-limits.ts';
import { createLocalKeyRing, hashSecret } from '#core/keys/local-key-ring.ts';
import { openStore } from '#core/store/open-store.ts';
import { type BegunRequest, encodeRecord, type FinishedRequest } from '#core/store/requests/request-records.ts';
import { Journal } from '#core/store/threads/journal.ts';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { credentialMask } from '#proxy/reply/credential-mask.ts';
import { createStreamView } from '#proxy/reply/stream-view.ts';
import { checkContentType, checkRequest, readCredential } from '#proxy/request/guard.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { downstreamHeaders, upstreamHeaders } from '#proxy/upstream/relayed-headers.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { localKeyIdSchema, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import type { Usage } from '#shared/metering/usage.ts';
import { loadCall } from '../support/load-call.ts';
import { begun, finished, quiet } from '../support/store-fixture.ts';

/** A call in the pipe. */
interface PipedCall extends Call {
  request: IncomingMessage;
}

/**
 * What the gateway does for a call besides piping it, by the gateway's own code, to be added to the bare pipe one by
 * one: each shows what can be had at most once it is required. Called before anything is sent upstream.
 */
export type PipeStep = (call: PipedCall) => StepOfCall;

interface StepOfCall {
  /** What is sent upstream in place of the pipe's own headers. */
  requestHeaders?(): Record<string, string>;
  /** What the client gets in place of those that the pipe passes on. */
  replyHeaders?(upstream: IncomingHttpHeaders): OutgoingHttpHeaders;
  /** A part of the reply, before the client gets it. */
  reply?(chunk: Buffer): Buffer;
  /** Before the last byte is sent to the client. */
  end?(): void;
}

/** All steps of one call. */
export class StepsOfCall {
  readonly #steps: readonly StepOfCall[];

  constructor(steps: readonly PipeStep[], request: IncomingMessage, body: Buffer) {
    const call = newCall(request, body);
    this.#steps = steps.map((begin) => begin(call));
  }

  requestHeaders(): Record<string, string> | undefined {
    return this.#steps.find((step) => step.requestHeaders)?.requestHeaders?.();
  }

  replyHeaders(upstream: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
    return this.#steps.find((step) => step.replyHeaders)?.replyHeaders?.(upstream);
  }

  reply(chunk: Buffer): Buffer {
    return this.#steps.reduce((bytes, step) => step.reply?.(bytes) ?? bytes, chunk);
  }

  end(): void {
    for (const step of this.#steps) step.end?.();
  }
}

function newCall(request: IncomingMessage, body: Buffer): PipedCall {
  const receivedAtMs = systemClock.nowMs();
  const requestId = requestIdSchema.parse(timeOrderedId('req', receivedAtMs, systemRandom.bytes(10)));
  return { ...loadCall(requestId, receivedAtMs), request, headers: request.headers, body };
}

const kinds = new Map<string, (folder: string) => PipeStep | Promise<PipeStep>>([
  ['journal', openJournal],
  ['store', openRecords],
  ['reading', openReading],
  ['headers', () => passHeaders],
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
  return (call) => {
    journal.append(encodeRecord({ kind: 'begun', request: begunOf(call) }))?.release();
    return { end: () => journal.append(encodeRecord({ kind: 'finished', request: finishedOf(call) }))?.release() };
  };
}

/** The same records, and the row with its indexes and sums that the history, the limits and the budgets are read from. */
async function openRecords(folder: string): Promise<PipeStep> {
  const store = await openStore({ databasePath: join(folder, 'store.db'), clock: systemClock, logger: quiet });
  return (call) => {
    store.requests.begin(begunOf(call));
    return { end: () => store.requests.finish(finishedOf(call)) };
  };
}

const price = { prices: { input: '2.5', output: '10' } };

/**
 * The head checked, the key looked up by its hash, its limits; what the body asks for, read strictly; what the reply
 * says of itself, and its price.
 */
function openReading(): PipeStep {
  const keys = createLocalKeyRing(systemClock.nowMs);
  const caller = {
    id: localKeyIdSchema.parse('lk_bench'),
    label: 'bench',
    route: 'auto',
    limits: noLimits,
    steadiesAttribution: false,
  } as const;
  keys.replace([{ ...caller, secretHash: hashSecret('sk-bench'), isRevoked: false }]);
  const limits = createKeyLimits(systemClock.nowMs);
  return (call) => {
    checkRequest(call.request, { allowedHosts: null, refusesBrowsers: true });
    checkContentType(call.request);
    const found = keys.find(readCredential(call.request));
    const facts = readFacts(call.dialect, call.body);
    const entry = limits.enter({ ...call, facts }, found);
    const { reply, usage } = facts.isStream ? meterStream() : meterWhole();
    return {
      reply,
      end() {
        const used = usage();
        if (used) priceUsage(used, price);
        entry.leave({ usage: used });
      },
    };
  };
}

interface MeteredReply {
  reply(chunk: Buffer): Buffer;
  usage(): Usage | null;
}

function meterStream(): MeteredReply {
  const view = createStreamView('openai-chat', { hidesUsage: false, account: 'caller' });
  return {
    reply(chunk) {
      view.take(chunk);
      return chunk;
    },
    usage: () => view.tap.facts.usage,
  };
}

function meterWhole(): MeteredReply {
  const { readReply, sizeOfReply } = dialectReaders['openai-chat'];
  const chunks: Buffer[] = [];
  return {
    reply(chunk) {
      chunks.push(chunk);
      return chunk;
    },
    usage() {
      const reply = asObject(parseExactJson(Buffer.concat(chunks).toString('utf8')));
      if (!reply) return null;
      tokensOf(sizeOfReply(reply));
      return readReply(reply).usage;
    },
  };
}

const target: HttpTarget = {
  kind: 'http',
  name: 'bench',
  origin: '',
  path: '',
  headers: { authorization: 'Bearer sk-upstream-credential' },
  mayBePrivate: true,
  injectUsage: false,
};

/** Both sides' headers passed on, but for those that must not be; the credential masked in all that comes back. */
const passHeaders: PipeStep = (call) => {
  const mask = credentialMask(target.headers, target.path);
  const stream = mask?.stream();
  return {
    requestHeaders: () => upstreamHeaders(call, target, call.body.length, 'caller'),
    replyHeaders({ 'content-length': length, ...upstream }) {
      const headers = downstreamHeaders(mask?.headers(upstream) ?? upstream, 'caller');
      return length === undefined ? headers : { ...headers, 'content-length': length };
    },
    reply: (chunk) => stream?.push(chunk) ?? chunk,
  };
};

const place = { lane: 'local', provider: 'bench' } as const;

function begunOf({ requestId: id, receivedAtMs: createdAtMs }: Call): BegunRequest {
  return begun({ id, createdAtMs, ...place, modelRequested: 'bench-model', isStream: false });
}

function finishedOf({ requestId }: Call): FinishedRequest {
  return finished(requestId, place);
}
