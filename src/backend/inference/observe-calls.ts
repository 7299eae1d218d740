import type { Admission, Call, CallService, Outcome, RefusedCall, Settlement } from '#proxy/call.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { usageBuckets } from '#shared/metering/usage.ts';
import type { EndResult } from './end-request.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { elapsedMs } from '#shared/time.ts';
import { type CallLabels, labelsOf, refusalFacts, spanFacts, statusClass } from './call-facts.ts';
import { type Ended, endedLine, refusedLine } from './call-log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Caller } from '../auth/caller.ts';

export interface ObservedDeps {
  telemetry: Telemetry;
  logger: Logger;
  clock: Clock;
  prices: PriceBook;
}

const nanosPerUsd = 1e9;

type EndedCall = Omit<Ended, 'traceId'> & { endMs: number };

/** The same service with telemetry: one log line per call, metrics, and a trace where one is wanted. */
export function observeCalls<Known extends Caller>(
  service: CallService<Known>,
  parts: ObservedDeps,
): CallService<Known> {
  const { telemetry, logger, clock, prices } = parts;
  const { meter, tracer } = telemetry;
  /** Calls that were not admitted, until their refusal is logged. */
  const refusedTraces = new Map<string, string>();

  function notAdmitted(call: Call, error: CorvusError): void {
    const traceId = tracer.traceIdOf(call);
    if (traceId !== null) refusedTraces.set(call.requestId, traceId);
    tracer.end(call, { endMs: clock.nowMs(), facts: refusalFacts(call, error), isError: true });
  }

  async function admit(call: Call, caller: Known, clientGone: AbortSignal, keepAlive: () => void): Promise<Admission> {
    const labels = labelsOf(prices, call.facts.model);
    tracer.begin(call, {
      name: `call ${call.dialect}`,
      startMs: call.receivedAtMs,
      traceparent: headerOf(call, 'traceparent'),
    });
    try {
      const admission = await telemetry.step(call, 'admit', clock.nowMs(), () =>
        service.admit(call, caller, clientGone, keepAlive),
      );
      return { ...admission, settle: (outcome) => settle(call, labels, outcome, admission) };
    } catch (error) {
      notAdmitted(call, toCorvusError(error));
      throw error;
    }
  }

  async function settle(call: Call, labels: CallLabels, outcome: Outcome, admission: Admission): Promise<Settlement> {
    let settlement: Settlement | null = null;
    try {
      settlement = await admission.settle(outcome);
      return settlement;
    } finally {
      const endMs = clock.nowMs();
      // After the answer is written, in the same turn: no client waits for what is noted of its call.
      process.nextTick(() => noteEnd(parts, { call, labels, outcome, settlement, endMs }));
    }
  }

  function refused(refusal: RefusedCall, caller: Known | null): void {
    meter.count('refusals', { code: refusal.errorCode, reason: refusal.reason ?? '' });
    const traceId = refusedTraces.get(refusal.requestId) ?? null;
    refusedTraces.delete(refusal.requestId);
    const { family } = labelsOf(prices, refusal.model);
    logger.info(
      'call.refused',
      refusedLine({ refusal, family, totalMs: elapsedMs(refusal.receivedAtMs, clock.nowMs()), traceId }),
    );
    service.refused?.(refusal, caller);
  }

  return { ...service, admit, refused };
}

function noteEnd({ telemetry, logger }: ObservedDeps, { endMs, ...ended }: EndedCall): void {
  const { call, labels, outcome, settlement } = ended;
  const { tracer } = telemetry;
  try {
    countOutcome(telemetry, call, labels, outcome);
    traceOutcome(telemetry, call, outcome);
    const facts = spanFacts(call, labels, outcome, settlement);
    tracer.end(call, { endMs, facts, isError: outcome.errorCode !== null });
    logger.info('call.ended', endedLine({ ...ended, traceId: tracer.traceIdOf(call) }));
  } catch (error) {
    // No caller is left to tell, and other calls go on.
    logger.error('call.not_noted', { requestId: call.requestId, error: String(error) });
  }
}

/** Writes the end of a request, and counts it once it is written, at whichever attempt. */
export async function observeEnd(
  { telemetry, clock }: Pick<ObservedDeps, 'telemetry' | 'clock'>,
  { call, metered }: { call: object; metered: { label: { family: string; slug: string } } },
  write: () => Promise<EndResult>,
): Promise<EndResult> {
  const result = await telemetry.step(call, 'settle', clock.nowMs(), write);
  if (result.kind === 'ended') {
    const { family, slug: model } = metered.label;
    const labels = { family, model };
    // For graphs only; the ledger is exact.
    telemetry.meter.count('charged', labels, Number(result.cost) / nanosPerUsd);
    telemetry.meter.count('writtenOff', labels, Number(result.writtenOff) / nanosPerUsd);
    if (result.upstreamCost !== null)
      telemetry.meter.count('upstreamCost', labels, Number(result.upstreamCost) / nanosPerUsd);
  }
  return result;
}

function countOutcome({ meter }: Telemetry, call: Call, { family, model }: CallLabels, outcome: Outcome): void {
  meter.count('requests', { family, model, outcome: outcome.status, status: String(outcome.httpStatus) });
  if (outcome.errorCode !== null) meter.count('refusals', { code: outcome.errorCode, reason: '' });
  const shape = { family, stream: String(call.facts.isStream) };
  if (outcome.firstByteMs !== null) meter.observe('firstByte', outcome.firstByteMs / 1000, shape);
  meter.observe('duration', outcome.totalMs / 1000, shape);
  for (const { provider, httpStatus } of outcome.attempts) {
    meter.count('attempts', { family, credential: provider, status: statusClass(httpStatus) });
  }
  for (const bucket of usageBuckets) {
    const tokens = outcome.usage?.[bucket] ?? 0;
    if (tokens > 0) meter.count('tokens', { family, model, bucket }, tokens);
  }
}

function traceOutcome({ tracer }: Telemetry, call: Call, outcome: Outcome): void {
  for (const { number, provider, startedAtMs, totalMs, httpStatus, errorCode } of outcome.attempts) {
    const facts = {
      'corvus.attempt': number,
      'corvus.credential': provider,
      ...(httpStatus === null ? {} : { 'http.response.status_code': httpStatus }),
      ...(errorCode === null ? {} : { 'error.type': errorCode }),
    };
    tracer.part(call, {
      name: 'upstream',
      startMs: startedAtMs,
      durationMs: totalMs,
      facts,
      isError: errorCode !== null,
    });
  }
  if (outcome.firstByteMs !== null) tracer.moment(call, 'first byte', call.receivedAtMs + outcome.firstByteMs);
}

function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name];
  return typeof value === 'string' ? value : undefined;
}
