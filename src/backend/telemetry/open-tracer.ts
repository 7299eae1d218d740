import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Tracer } from './telemetry.ts';

export interface TracerDeps {
  /** OTLP over HTTP; `/v1/traces` is added. Headers, certificates and time limits come from the standard variables. */
  endpoint: string;
  version: string;
}

const exportTimeoutMs = 5_000;

/**
 * Spans kept by OpenTelemetry and sent in the background. Nothing is registered globally: only what is passed in here
 * is traced.
 */
export function openTracer({ endpoint, version }: TracerDeps): Tracer & { close(): Promise<void> } {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const named = resourceFromAttributes({ 'service.name': 'corvusllm-backend', 'service.version': version });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: exportTimeoutMs })],
  });
  const tracer = provider.getTracer('corvusllm-backend', version);
  const spans = new WeakMap<object, Span>();

  return {
    begin(thing, { name, startMs, traceparent }) {
      spans.set(thing, tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: startMs }, contextOf(traceparent)));
    },
    part(thing, { name, startMs, durationMs, facts, isError }) {
      const parent = spans.get(thing);
      if (!parent) return;
      const part = tracer.startSpan(
        name,
        { startTime: startMs, attributes: facts },
        trace.setSpan(ROOT_CONTEXT, parent),
      );
      if (isError) part.setStatus({ code: SpanStatusCode.ERROR });
      part.end(startMs + durationMs);
    },
    moment: (thing, name, atMs) => void spans.get(thing)?.addEvent(name, {}, atMs),
    end(thing, { endMs, facts, isError }) {
      const span = spans.get(thing);
      if (!span) return;
      span.setAttributes(facts);
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endMs);
    },
    traceIdOf: (thing) => spans.get(thing)?.spanContext().traceId ?? null,
    close: () => provider.shutdown(),
  };
}

/** A trace context of a client is used if it is valid, and ignored otherwise. */
function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent && isSpanContextValid(parent)
    ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
    : ROOT_CONTEXT;
}
