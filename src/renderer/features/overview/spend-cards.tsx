import type { Output } from '#shared/contract/contract.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { lastsWords } from '#shared/domain/forecast-words.ts';
import { parseUsd } from '#shared/money.ts';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { RequestsLink } from '../../components/requests-link.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import type { CallError } from '../../lib/call-error.ts';
import { exactUsd, shortUsd } from '../../lib/format-money.ts';
import { countText, plural } from '../../lib/format-number.ts';
import { dateText } from '../../lib/format-time.ts';

type Spend = Output<'balance.spend'>['today'];

interface SpendCardProps {
  title: string;
  spend: Spend | undefined;
  error: CallError | null;
  /** Without an account, what one's own keys cost is all there is. */
  hasAccount: boolean;
}

export function SpendCard({ title, spend, error, hasAccount }: SpendCardProps) {
  return (
    <Card title={title}>
      {error && !spend && <p className="text-sm text-bad">{error.message}</p>}
      {!error && !spend && <Skeleton className="h-16" />}
      {spend && <SpendFigures spend={spend} isOwnOnly={!hasAccount && !isSome(spend.prepaid)} />}
    </Card>
  );
}

function SpendFigures({ spend, isOwnOnly }: { spend: Spend; isOwnOnly: boolean }) {
  const { fromMs, prepaid, byokEstimate, requests, unpriced } = spend;
  return (
    <>
      <p className="text-[1.4rem] font-semibold whitespace-nowrap tracking-tight">
        {isOwnOnly && isSome(byokEstimate) && <span className="mr-1.5 text-base font-medium text-ink-3">about</span>}
        <SpendLink
          amount={isOwnOnly ? byokEstimate : prepaid}
          filter={{ lane: isOwnOnly ? 'byok' : 'prepaid', fromMs }}
        />
      </p>
      {isOwnOnly && <p className="mt-1 text-sm text-ink-2">on your own API keys</p>}
      {!isOwnOnly && isSome(byokEstimate) && (
        <p className="mt-1 text-sm text-ink-2">
          plus about <SpendLink amount={byokEstimate} filter={{ lane: 'byok', fromMs }} className="font-medium" /> on
          your own API keys
        </p>
      )}
      <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-ink-3">
        <RequestsLink filter={{ status: 'ended', fromMs }} title={`Requests: ${countText(requests)}`}>
          {plural(requests, 'request')}
        </RequestsLink>
        {unpriced > 0 && (
          <RequestsLink
            filter={{ status: 'ended', cost: 'unknown', fromMs }}
            title={`Unknown cost: ${countText(unpriced)}`}
            className="text-warn"
          >
            {countText(unpriced)} with unknown cost
          </RequestsLink>
        )}
      </p>
    </>
  );
}

function SpendLink({
  amount,
  filter,
  className,
}: {
  amount: string;
  filter: Partial<RequestFilter>;
  className?: string;
}) {
  const value = parseUsd(amount);
  if (value === null) return <span className="text-ink-3">unknown</span>;
  return (
    <RequestsLink filter={{ status: 'ended', ...filter }} title={`Cost: ${exactUsd(value)}`} className={className}>
      <span className="tabular whitespace-nowrap">{shortUsd(value)}</span>
    </RequestsLink>
  );
}

type Outlook = Pick<Output<'balance.spend'>, 'pace' | 'lasts'>;

interface ForecastCardProps {
  outlook: Outlook | undefined;
  error: CallError | null;
  nowMs: number;
}

/** How long the balance lasts, as a range, and what that is computed from. */
export function ForecastCard({ outlook, error, nowMs }: ForecastCardProps) {
  return (
    <Card title="Balance lasts">
      {error && !outlook && <p className="text-sm text-bad">{error.message}</p>}
      {!error && !outlook && <Skeleton className="h-16" />}
      {outlook && (
        <>
          <ForecastDays {...outlook} nowMs={nowMs} />
          <Pace pace={outlook.pace} />
        </>
      )}
    </Card>
  );
}

function ForecastDays({ pace, lasts, nowMs }: Outlook & { nowMs: number }) {
  if (!lasts) {
    return (
      <>
        <p className="text-[1.25rem] leading-8 font-semibold text-balance tracking-tight text-ink-2">Not known yet</p>
        {pace.perDay === null && (
          <p className="mt-1 text-sm text-ink-3">Three days of prepaid requests make a forecast.</p>
        )}
      </>
    );
  }
  const { days, end } = lastsWords(lasts, nowMs, dateText);
  return (
    <>
      <p className="text-[1.25rem] leading-8 font-semibold text-balance tracking-tight first-letter:uppercase">
        {days}
      </p>
      {end !== null && <p className="mt-1 text-sm text-ink-2">{end}</p>}
    </>
  );
}

function Pace({ pace: { perDay, lastHours, days } }: Pick<Outlook, 'pace'>) {
  return (
    <p
      className="mt-1 text-sm text-ink-3"
      title="The range holds in eight of ten cases: it comes from how much your days differ. The latest days weigh most."
    >
      {perDay !== null && (
        <>
          <Money amount={perDay} /> a day over {plural(days, 'day')},{' '}
        </>
      )}
      <Money amount={lastHours} /> in the last 3 hours
    </p>
  );
}

function isSome(amount: string): boolean {
  return parseUsd(amount) !== 0n;
}
