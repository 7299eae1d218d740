import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Clock, Logger } from '#shared/ports.ts';
import { noMeter, noTracer, type Telemetry } from './telemetry.ts';

export interface TelemetryDeps {
  /** Whether metrics are kept. */
  isMeasured: boolean;
  /** Where spans go; null: nothing is traced. */
  otlpEndpoint: string | null;
  version: string;
  clock: Clock;
  /** Milliseconds with fractions, for durations. */
  preciseMs(): number;
  logger: Logger;
}

const closeMs = 3_000;

/** Loads only what is configured. */
export async function openTelemetry({
  isMeasured,
  otlpEndpoint,
  version,
  clock,
  preciseMs,
  logger,
}: TelemetryDeps): Promise<Telemetry> {
  const meter = isMeasured ? (await import('./open-meter.ts')).openMeter(version) : noMeter;
  const spans =
    otlpEndpoint === null ? null : (await import('./open-tracer.ts')).openTracer({ endpoint: otlpEndpoint, version });
  const tracer = spans ?? noTracer;
  if (spans) logProblems(logger);

  return {
    meter,
    tracer,
    async step(call, name, nowMs, work) {
      const startedAt = preciseMs();
      let isError = true;
      try {
        const result = await work();
        isError = false;
        return result;
      } finally {
        const durationMs = preciseMs() - startedAt;
        meter.observe('step', durationMs / 1000, { step: name });
        tracer.part(call, { name, startMs: nowMs, durationMs, facts: {}, isError });
      }
    },
    async close() {
      const { promise: isLate, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(closeMs, resolve);
      await Promise.race([spans?.close().catch(() => undefined), isLate]);
      cancel();
    },
  };
}

/** Logs a collector that cannot be reached; the service continues without it. */
function logProblems(logger: Logger): void {
  const warn = (message: string): void => logger.warn('telemetry.problem', { message });
  const ignore = (): void => undefined;
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
}
