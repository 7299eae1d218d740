import type { Handlers } from '#shared/contract/contract.ts';
import { type EnvelopeState, periodWords } from '#shared/domain/envelope.ts';
import { nanoUsd, parseUsd, usdText, zeroUsd, divideRoundingUp, nanoUsdPerCent } from '#shared/money.ts';

type EnvelopeHandlers = Pick<Handlers, 'envelopes.change' | 'envelopes.reset'>;

/** The fullest first; more would hide the rest of the menu. */
const mostShown = 5;

/** One menu for each envelope: what is spent, and what a click can do about it. */
export function envelopeItems(
  envelopes: readonly EnvelopeState[],
  handlers: EnvelopeHandlers,
  onFailure: (cause: unknown) => void,
): Electron.MenuItemConstructorOptions[] {
  const shown = envelopes.toSorted((a, b) => shareSpent(b) - shareSpent(a)).slice(0, mostShown);
  return shown.map((envelope) => {
    const { id, name, spent, limit, period, isPaused } = envelope;
    const doubled = usdText(nanoUsd((parseUsd(limit) ?? zeroUsd) * 2n));
    const item = (label: string, run: () => Promise<unknown>) => ({ label, click: () => void run().catch(onFailure) });
    return {
      // A single & would mark the letter after it as a shortcut, and not be seen.
      label: `${name.replaceAll('&', '&&')}: $${cents(spent)} of $${cents(limit)} ${periodWords[period]}${isPaused ? ' (paused)' : ''}`,
      submenu: [
        item(`Raise to $${cents(doubled)}`, () => handlers['envelopes.change']({ id, limit: doubled })),
        item(isPaused ? 'Resume' : 'Pause', () => handlers['envelopes.change']({ id, isPaused: !isPaused })),
        item('Reset', () => handlers['envelopes.reset']({ id })),
      ],
    };
  });
}

function shareSpent({ spent, limit }: EnvelopeState): number {
  const whole = parseUsd(limit) ?? zeroUsd;
  return whole === 0n ? 0 : Number(((parseUsd(spent) ?? zeroUsd) * 10_000n) / whole);
}

/** Whole cents, rounded up: what is spent is never shown as less. */
function cents(text: string): string {
  const amount = parseUsd(text) ?? zeroUsd;
  return usdText(nanoUsd(divideRoundingUp(amount, nanoUsdPerCent) * nanoUsdPerCent));
}
