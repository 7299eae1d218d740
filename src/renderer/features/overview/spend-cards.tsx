import type { Output } from '#shared/contract/contract.ts';
import { parseUsd } from '#shared/money.ts';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import type { CallError } from '../../lib/call-error.ts';
import { plural } from '../../lib/format-number.ts';
import { runwayText } from '../../lib/format-time.ts';

type Spend = Output<'balance.spend'>['today'];

export function SpendCard({ title, spend, error }: { title: string; spend: Spend | undefined; error: CallError | null }) {
  return (
    <Card title={title}>
      {error && !spend && <p className="text-sm text-bad">{error.message}</p>}
      {!error && !spend && <Skeleton className="h-16" />}
      {spend && (
        <>
          <p className="text-[1.4rem] font-semibold whitespace-nowrap tracking-tight">
            <Money amount={spend.prepaid} />
          </p>
          {isSome(spend.byokEstimate) && (
            <p className="mt-1 text-sm text-ink-2">
              plus about <Money amount={spend.byokEstimate} className="font-medium" /> on your own API keys
            </p>
          )}
          <p className="mt-1 text-sm text-ink-3">
            {plural(spend.requests, 'request')}
            {spend.unpriced > 0 && <span className="text-warn"> · {spend.unpriced} with unknown cost</span>}
          </p>
        </>
      )}
    </Card>
  );
}

export function RunwayCard({ days, error }: { days: number | null | undefined; error: CallError | null }) {
  return (
    <Card title="Runway">
      {days === undefined && (error ? <p className="text-sm text-bad">{error.message}</p> : <Skeleton className="h-16" />)}
      {days === null && (
        <>
          <p className="text-[1.25rem] leading-8 font-semibold text-balance tracking-tight text-ink-2">Not known yet</p>
          <p className="mt-1 text-sm text-ink-3">Shown after your first paid requests.</p>
        </>
      )}
      {typeof days === 'number' && (
        <>
          <p className="text-[1.25rem] leading-8 font-semibold text-balance tracking-tight first-letter:uppercase">{runwayText(days)}</p>
          <p className="mt-1 text-sm text-ink-3">at the pace of the last 7 days</p>
        </>
      )}
    </Card>
  );
}

function isSome(amount: string): boolean {
  return parseUsd(amount) !== 0n;
}
