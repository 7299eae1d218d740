import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { Output } from '#shared/contract/contract.ts';
import { RequestsLink } from '../../components/requests-link.tsx';
import { countText } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';

/** Counting reads every matched charge, so it is not repeated for every new request. */
const refreshEveryMs = 10_000;

/** How many charges agree with what was metered here, and how many do not. */
export function MatchedCharges() {
  const { data } = useCorvusQuery('requests.matches', undefined, { refreshEveryMs, isAskedOnOpening: true });
  return <MatchCounts matches={data ?? {}} />;
}

export function MatchCounts({ matches }: { matches: Output<'requests.matches'> }) {
  const { agrees = 0, ...faults } = matches;
  const faulty = Object.values(faults).reduce((sum, count) => sum + count, 0);
  if (agrees + faulty === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 px-5 pb-3 text-[0.8125rem] text-ink-2">
      {agrees > 0 && (
        <RequestsLink filter={{ match: 'agrees' }} className="inline-flex items-center gap-2">
          <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
          {countText(agrees)} {agrees === 1 ? 'charge is' : 'charges are'} what was metered here
        </RequestsLink>
      )}
      {faulty > 0 && (
        <RequestsLink filter={{ match: 'faulty' }} className="inline-flex items-center gap-2 text-bad">
          <TriangleAlert aria-hidden className="size-4 shrink-0" />
          {countText(faulty)} {faulty === 1 ? 'charge is' : 'charges are'} not in order
        </RequestsLink>
      )}
    </p>
  );
}
