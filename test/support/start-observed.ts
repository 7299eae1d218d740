import type { BackendOptions } from '#backend/create-backend.ts';
import type { Logger } from '#shared/ports.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { openTelemetry } from '#backend/telemetry/open-telemetry.ts';
import type { Telemetry } from '#backend/telemetry/telemetry.ts';
import { quietLogger } from './start-test-backend.ts';
import { type Family, parsePrometheus } from '../backend/telemetry/prometheus-text.ts';

export const metricsToken = 'metrics-token-of-32-characters-0000';
export const adminToken = 'operator-token-of-32-characters-000';

export function openTestTelemetry(parts: {
  isMeasured: boolean;
  otlpEndpoint?: string;
  logger?: Logger;
}): Promise<Telemetry> {
  const { isMeasured, otlpEndpoint = null, logger = quietLogger } = parts;
  return openTelemetry({
    isMeasured,
    otlpEndpoint,
    version: '1.2.3',
    clock: systemClock,
    preciseMs: () => performance.now(),
    logger,
  });
}

/** Options of a service whose figures can be read. */
export async function measured(): Promise<Partial<BackendOptions>> {
  return { telemetry: await openTestTelemetry({ isMeasured: true }), metricsToken, adminToken };
}

export async function scrape(baseUrl: string): Promise<{ text: string; families: Family[]; value: ValueOf }> {
  const reply = await fetch(`${baseUrl}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  if (!reply.ok) throw new Error(`/metrics answered ${reply.status}`);
  const text = await reply.text();
  const families = parsePrometheus(text);
  const samples = families.flatMap((family) => family.samples);
  const value: ValueOf = (name, labels = {}) => {
    const found = samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
    );
    return found.length === 0 ? null : found.reduce((sum, sample) => sum + sample.value, 0);
  };
  return { text, families, value };
}

/** The sum of the series with these labels; null where there is none. */
export type ValueOf = (name: string, labels?: Readonly<Record<string, string>>) => number | null;
