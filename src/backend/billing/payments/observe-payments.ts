import { toCorvusError } from '#shared/errors.ts';
import type { ReconcileReport } from './take-listed.ts';
import type { Clock } from '#shared/ports.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** Receives an event of the payment provider, and counts the result. */
export async function observeWebhook<Outcome extends string>(
  { meter, tracer }: Telemetry,
  clock: Clock,
  take: () => Promise<Outcome>,
): Promise<Outcome> {
  const webhook = {};
  let came: string = 'failed';
  tracer.begin(webhook, { name: 'payment event', startMs: clock.nowMs(), traceparent: undefined });
  try {
    const outcome = await take();
    came = outcome;
    return outcome;
  } catch (error) {
    if (toCorvusError(error).code === 'webhook_refused') came = 'refused';
    throw error;
  } finally {
    meter.count('paymentEvents', { source: 'webhook', outcome: came });
    const isError = came === 'failed' || came === 'refused' || came === 'unprocessed';
    tracer.end(webhook, { endMs: clock.nowMs(), facts: { 'corvus.outcome': came }, isError });
  }
}

/** Reconciles, and counts what had been missed. */
export async function observeReconcile(
  { meter }: Telemetry,
  reconcile: () => Promise<ReconcileReport>,
): Promise<ReconcileReport> {
  try {
    const report = await reconcile();
    meter.count('reconcilerRuns', { result: 'ok' });
    meter.count('reconcilerCorrections', { kind: 'event' }, report.events);
    meter.count('reconcilerCorrections', { kind: 'fact' }, report.corrections);
    return report;
  } catch (error) {
    meter.count('reconcilerRuns', { result: 'failed' });
    throw error;
  }
}
