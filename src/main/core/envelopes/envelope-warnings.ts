import { type EnvelopeState, scopeWords, warningPercents } from '#shared/domain/envelope.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { type Counter, stateOf } from './envelope-counters.ts';
import { momentText } from './envelope-refusals.ts';

export interface EnvelopeWarningsDeps extends Pick<Ports, 'notify' | 'logger'> {
  store: Pick<Store, 'envelopes'>;
  emit: Emit;
}

/** Tells the person once in each period that a share of a limit was reached. */
export interface EnvelopeWarnings {
  /** Its sums changed. */
  see(counter: Counter): void;
  /** A request was refused, so it is used up, whatever the sums say. */
  reached(counter: Counter): void;
}

export function createEnvelopeWarnings({ notify, logger, store, emit }: EnvelopeWarningsDeps): EnvelopeWarnings {
  function warn(counter: Counter, percent: number): void {
    const { envelope, period } = counter;
    const share = warningPercents.findLast((step) => percent >= step) ?? 0;
    if (share <= period.warnedPercent || envelope.isPaused) return;
    period.warnedPercent = share;
    void store.envelopes
      .noteWarning(envelope.id, period.startMs, share)
      .catch((cause: unknown) => logger.warn('envelopes.warning-not-stored', { cause }));
    const state = stateOf(counter);
    emit('envelopes.warned', { percent: share, envelope: state });
    notify.show(warningOf(state, share));
  }

  return {
    see: (counter) => warn(counter, counter.limit > 0n ? Number((counter.period.spent * 100n) / counter.limit) : 100),
    reached: (counter) => warn(counter, 100),
  };
}

function warningOf(envelope: EnvelopeState, percent: number): { title: string; body: string } {
  const { name, scope, spent, limit, resetsAtMs, timeZone } = envelope;
  const resets = resetsAtMs === null ? '' : ` Resets on ${momentText(resetsAtMs, timeZone)}.`;
  return {
    title: percent >= 100 ? `Envelope "${name}" is used up` : `Envelope "${name}": ${percent} % spent`,
    body: `$${spent} of $${limit} for ${scopeWords(scope)}.${resets}${percent >= 100 ? ' Its requests are refused until you raise, pause or reset it.' : ''}`,
  };
}
