import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { counters, gauges, type GaugeSample, histograms } from './metric-catalogue.ts';
import type { Meter } from './telemetry.ts';

/** From a hold on an idle machine to the longest answer. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const delayResolutionMs = 20;
const nanosPerSecond = 1e9;

/**
 * Metrics kept by OpenTelemetry, exported in Prometheus' text format. No port is opened: the service's own route serves
 * it.
 */
export function openMeter(version: string): Meter {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const meter = new MeterProvider({ readers: [reader] }).getMeter('corvusllm-backend');
  const counterOf = new Map(entries(counters, ({ name, help }) => meter.createCounter(name, { description: help })));
  const advice = { explicitBucketBoundaries: secondsBuckets };
  const histogramOf = new Map(
    entries(histograms, ({ name, help }) => meter.createHistogram(name, { description: help, advice })),
  );
  const gaugeOf = new Map(
    entries(gauges, ({ name, help }) =>
      name.endsWith('_total')
        ? meter.createObservableCounter(name, { description: help })
        : meter.createObservableGauge(name, { description: help }),
    ),
  );
  const build: GaugeSample = { name: 'buildInfo', labels: { version, node: process.version }, value: 1 };
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();

  return {
    count: (name, labels, amount = 1) => counterOf.get(name)?.add(amount, labels),
    observe: (name, seconds, labels) => histogramOf.get(name)?.record(seconds, labels),
    watch(read) {
      meter.addBatchObservableCallback(
        async (result) => {
          const samples = [...(await read()), ...delaySamples(delay), build];
          delay.reset();
          for (const { name, labels, value } of samples) {
            const gauge = gaugeOf.get(name);
            if (gauge) result.observe(gauge, value, labels);
          }
        },
        [...gaugeOf.values()],
      );
    },
    async text() {
      const { resourceMetrics } = await reader.collect();
      return `${serializer.serialize(resourceMetrics).trimEnd()}\n`;
    },
  };
}

interface MetricFacts {
  name: string;
  help: string;
}

function entries<Made>(
  catalogue: Readonly<Record<string, MetricFacts>>,
  make: (facts: MetricFacts) => Made,
): [string, Made][] {
  return Object.entries(catalogue).map(([key, facts]) => [key, make(facts)]);
}

function delaySamples(delay: ReturnType<typeof monitorEventLoopDelay>): GaugeSample[] {
  const sample = (quantile: string, nanos: number): GaugeSample => ({
    name: 'eventLoopDelay',
    labels: { quantile },
    // Measured is the time between two scrapes.
    value: Math.max(0, nanos / nanosPerSecond - delayResolutionMs / 1000),
  });
  // Before the first scrape there is nothing to report.
  if (delay.count === 0) return [];
  return [sample('0.5', delay.percentile(50)), sample('0.99', delay.percentile(99)), sample('1', delay.max)];
}
