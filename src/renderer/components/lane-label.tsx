import type { Lane } from '#shared/account/request.ts';
import { laneNames } from '../lib/usage-words.ts';
import { classNames } from '../lib/class-names.ts';

const dots: Readonly<Record<Lane, string>> = {
  prepaid: 'bg-lane-prepaid',
  byok: 'bg-lane-byok',
  local: 'bg-lane-local',
};

/** Which lane, with its colour; the same colours stand in charts. */
export function LaneLabel({ lane, className }: { lane: Lane | null; className?: string }) {
  if (lane === null) return <span className={classNames('text-ink-3', className)}>Not routed</span>;
  return (
    <span className={classNames('inline-flex items-center gap-1.5 whitespace-nowrap', className)}>
      <span aria-hidden className={classNames('size-2 shrink-0 rounded-full forced-color-adjust-none', dots[lane])} />
      {laneNames[lane]}
    </span>
  );
}
