import type { Call } from '#proxy/call.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { Logger } from '#shared/ports.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { MeteredCall } from './quotes/quote.ts';

/**
 * Meters a call. If its usage cannot be priced, the request ends all the same: nothing is charged, its hold is returned, and as much as was
 * held is written off, which the account's daily limit bounds. The log and the request's row say so.
 */
export function meter(
  { logger, telemetry }: { logger: Pick<Logger, 'error'>; telemetry: Pick<Telemetry, 'meter'> },
  { requestId, facts }: Call,
  held: NanoUsd,
  work: () => MeteredCall,
): MeteredCall {
  try {
    return work();
  } catch (error) {
    logger.error('metering.failed', { requestId, model: facts.model, error: String(error) });
    telemetry.meter.count('unmetered', {});
    return {
      isCharged: false,
      usage: null,
      usageSource: 'missing',
      unitPrices: null,
      cost: zeroUsd,
      writtenOff: held,
      isImplausible: false,
      isUnmetered: true,
      label: { family: 'corvus', slug: 'corvus/unmetered' },
      parts: null,
      upstreamCost: null,
    };
  }
}
