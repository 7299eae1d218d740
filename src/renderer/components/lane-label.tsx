import type { Lane, RequestSummary } from '#shared/account/request.ts';
import { laneNames } from '../lib/usage-words.ts';
import { classNames } from '../lib/class-names.ts';

const dots: Readonly<Record<Lane, string>> = {
  prepaid: 'bg-lane-prepaid',
  byok: 'bg-lane-byok',
  local: 'bg-lane-local',
};

/** Which lane, with its colour; the same colours stand in charts. */
export function LaneLabel({ lane }: { lane: Lane }) {
  return (
    <span className="inline-flex items-baseline gap-1.5 whitespace-nowrap">
      <span aria-hidden className={classNames('size-2 shrink-0 rounded-full forced-color-adjust-none', dots[lane])} />
      {laneNames[lane]}
    </span>
  );
}

/** The lane of a request: the parts of one that several models answered have each their own. */
export function RequestLane({ request: { lane, costKind } }: { request: Pick<RequestSummary, 'lane' | 'costKind'> }) {
  if (lane !== null) return <LaneLabel lane={lane} />;
  return <span className="text-ink-3">{costKind === 'parts' ? 'Multiple' : 'Not routed'}</span>;
}
