import type { CounterLabels, CounterName, GaugeSample, HistogramLabels, HistogramName } from './metric-catalogue.ts';

/** Counters and histograms that add up while the service works, and gauges that are read at each scrape. */
export interface Meter {
  count<Name extends CounterName>(name: Name, labels: CounterLabels<Name>, amount?: number): void;
  observe<Name extends HistogramName>(name: Name, seconds: number, labels: HistogramLabels<Name>): void;
  /** Where gauges come from. */
  watch(read: () => Promise<readonly GaugeSample[]>): void;
  /** All metrics in Prometheus' format; null: nothing is measured. */
  text: (() => Promise<string>) | null;
}

export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A part of a traced operation, reported once it is over. */
export interface SpanPart {
  name: string;
  startMs: number;
  durationMs: number;
  facts: SpanFacts;
  isError: boolean;
}

/** A trace of one operation. The operation is identified by the object that stands for it, so nothing outlives it. */
export interface Tracer {
  /** @param traceparent W3C trace context of the caller, if any */
  begin(thing: object, start: { name: string; startMs: number; traceparent: string | undefined }): void;
  part(thing: object, part: SpanPart): void;
  moment(thing: object, name: string, atMs: number): void;
  end(thing: object, end: { endMs: number; facts: SpanFacts; isError: boolean }): void;
  /** For log lines; null: it is not traced. */
  traceIdOf(thing: object): string | null;
}

export type Step = 'admit' | 'hold' | 'settle';

/** What the service reports of itself while it works. Without a reader it costs nothing. */
export interface Telemetry {
  meter: Meter;
  tracer: Tracer;
  /** Runs and times a part of a call. */
  step<T>(call: object, name: Step, nowMs: number, work: () => Promise<T>): Promise<T>;
  /** Sends what is still buffered. */
  close(): Promise<void>;
}

export const noMeter: Meter = { count: () => undefined, observe: () => undefined, watch: () => undefined, text: null };
export const noTracer: Tracer = {
  begin: () => undefined,
  part: () => undefined,
  moment: () => undefined,
  end: () => undefined,
  traceIdOf: () => null,
};
export const noTelemetry: Telemetry = {
  meter: noMeter,
  tracer: noTracer,
  step: (_call, _name, _nowMs, work) => work(),
  close: async () => undefined,
};
