import type { RequestFilter } from '#shared/contract/requests.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { RequestsLink } from '../../components/requests-link.tsx';
import { exactUsd, shortUsd } from '../../lib/format-money.ts';
import { Money } from '../../components/money.tsx';
import { classNames } from '../../lib/class-names.ts';

interface SpendBarProps {
  label: string;
  limit: string;
  spent: string;
  held: string;
  /** What chooses the requests that spent it. */
  requests: Partial<RequestFilter>;
}

/** How much of a limit is gone: what was spent, and behind it what running requests hold. */
export function SpendBar({ label, limit, spent, held, requests }: SpendBarProps) {
  const [whole, gone, reserved] = [limit, spent, held].map((text) => parseUsd(text) ?? 0n) as [bigint, bigint, bigint];
  const percent = (amount: bigint): number => (whole === 0n ? 0 : Math.min(100, Number((amount * 1000n) / whole) / 10));
  const [spentPercent, heldPercent] = [percent(gone), percent(gone + reserved)];
  const tone = spentPercent >= 100 ? 'bg-bad' : spentPercent >= 80 ? 'bg-warn' : 'bg-accent';
  return (
    <span className="flex flex-col gap-1">
      <span className="flex items-baseline justify-between gap-3 text-[0.8125rem]">
        <RequestsLink filter={{ status: 'ended', ...requests }} title={`Cost: ${exactUsd(nanoUsd(gone))}`}>
          {shortUsd(nanoUsd(gone))}
        </RequestsLink>
        <span className="text-ink-2">
          {reserved > 0n && (
            <>
              <RequestsLink filter={{ ...requests, status: 'open' }}>
                <Money amount={held} isFocusable={false} /> held
              </RequestsLink>{' '}
              ·{' '}
            </>
          )}
          {Math.floor(spentPercent)} %
        </span>
      </span>
      <span
        role="meter"
        aria-label={`Spent of ${label}`}
        aria-valuenow={spentPercent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="relative block h-1.5 overflow-hidden rounded-full bg-inset ring-1 ring-line"
      >
        <span className="absolute inset-y-0 left-0 bg-line-strong" style={{ width: `${heldPercent}%` }} />
        <span className={classNames('absolute inset-y-0 left-0', tone)} style={{ width: `${spentPercent}%` }} />
      </span>
    </span>
  );
}
