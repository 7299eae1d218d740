import { memo } from 'react';
import type { RequestSummary } from '#shared/account/request.ts';
import { RequestLane } from '../../components/lane-label.tsx';
import { RequestCost } from '../../components/request-cost.tsx';
import { RequestStatusLabel } from '../../components/request-status.tsx';
import { classNames } from '../../lib/class-names.ts';
import { countText, durationText, tokensText } from '../../lib/format-number.ts';
import { exactTime, listTime } from '../../lib/format-time.ts';

export const rowHeightPx = 42;

// Columns fall away as the list gets narrower: first what the detail also says.
const columns =
  'grid items-center gap-x-2 px-3 grid-cols-[minmax(5rem,1fr)_5.25rem_6rem] @md:gap-x-4 @md:px-4 @md:grid-cols-[5.5rem_minmax(7rem,1fr)_6rem_6.5rem] @2xl:grid-cols-[7rem_minmax(10rem,1fr)_7.5rem_6.5rem_6.5rem] @4xl:grid-cols-[7.5rem_minmax(10rem,1.4fr)_minmax(11rem,1fr)_7.5rem_6rem_6.5rem_6.5rem] @6xl:grid-cols-[7.5rem_minmax(12rem,1.5fr)_minmax(11rem,1fr)_minmax(8rem,0.8fr)_7.5rem_6rem_7rem_7rem]';
const fromSmall = 'hidden @md:block';
const fromMedium = 'hidden @2xl:block';
const fromWide = 'hidden @4xl:block';
const fromWidest = 'hidden @6xl:block';

export function RequestListHead({ heightPx }: { heightPx: number }) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-surface" style={{ height: heightPx }}>
      <div role="row" aria-rowindex={1} className={classNames(columns, 'h-full text-xs font-medium text-ink-3')}>
        <span role="columnheader" className={fromSmall}>
          Time
        </span>
        <span role="columnheader">Model</span>
        <span role="columnheader" className={fromWide}>
          Lane and provider
        </span>
        <span role="columnheader" className={fromWidest}>
          Key
        </span>
        <span role="columnheader" className={classNames('text-right', fromMedium)}>
          Tokens in / out
        </span>
        <span role="columnheader" className={classNames('text-right', fromWide)}>
          Duration
        </span>
        <span role="columnheader" className="text-right">
          Cost
        </span>
        <span role="columnheader">Status</span>
      </div>
    </div>
  );
}

interface RequestRowProps {
  row: RequestSummary;
  rowIndex: number;
  nowMs: number;
  offsetPx: number;
  isActive: boolean;
  isSelected: boolean;
  onPress: () => void;
}

export const RequestRow = memo(
  function RequestRow({ row, rowIndex, nowMs, offsetPx, isActive, isSelected, onPress }: RequestRowProps) {
    return (
      <div
        role="row"
        id={row.id}
        aria-rowindex={rowIndex}
        aria-selected={isSelected}
        onClick={onPress}
        style={{ height: rowHeightPx, transform: `translateY(${offsetPx}px)` }}
        className={classNames(
          columns,
          'absolute inset-x-0 top-0 cursor-pointer border-b border-line text-[0.875rem]',
          isSelected ? 'bg-accent-soft' : 'hover:bg-hover',
          isActive &&
            'group-focus-visible/list:outline-2 group-focus-visible/list:-outline-offset-2 group-focus-visible/list:outline-accent',
        )}
      >
        <span
          role="gridcell"
          className={classNames('tabular truncate text-ink-2', fromSmall)}
          title={exactTime(row.createdAtMs)}
        >
          {listTime(row.createdAtMs, nowMs)}
        </span>
        <span role="gridcell" className="truncate font-medium" title={row.modelRequested || undefined}>
          {row.modelRequested || <span className="text-ink-3">No model named</span>}
        </span>
        <span role="gridcell" className={classNames('truncate', fromWide)} title={row.provider ?? undefined}>
          <RequestLane request={row} /> {row.provider && <span className="ml-1 text-ink-3">{row.provider}</span>}
        </span>
        <span
          role="gridcell"
          className={classNames('truncate text-ink-2', fromWidest)}
          title={row.localKeyLabel ?? undefined}
        >
          {row.localKeyLabel ?? <span className="text-ink-3">none</span>}
        </span>
        <span
          role="gridcell"
          className={classNames('tabular text-right text-ink-2', fromMedium)}
          title={tokensTitle(row)}
        >
          {tokensOf(row)}
        </span>
        <span role="gridcell" className={classNames('tabular truncate text-right text-ink-2', fromWide)}>
          {row.totalMs === null ? (
            <span className="text-ink-3">{row.status === 'open' ? '…' : '–'}</span>
          ) : (
            durationText(row.totalMs)
          )}
        </span>
        <span role="gridcell" className="text-right font-medium">
          <RequestCost request={row} />
        </span>
        <span role="gridcell" className="truncate text-[0.8125rem]">
          <RequestStatusLabel request={row} />
        </span>
      </div>
    );
  },
  (before, after) =>
    before.row === after.row &&
    before.rowIndex === after.rowIndex &&
    before.offsetPx === after.offsetPx &&
    before.isActive === after.isActive &&
    before.isSelected === after.isSelected &&
    before.onPress === after.onPress,
);

function tokensOf({ inputTokens: input, outputTokens: output, status }: RequestSummary) {
  if (input === null && output === null)
    return <span className="text-ink-3">{status === 'refused' ? '–' : 'unknown'}</span>;
  return `${input === null ? '?' : tokensText(input)} / ${output === null ? '?' : tokensText(output)}`;
}

function tokensTitle({ inputTokens, outputTokens }: RequestSummary): string {
  const text = (count: number | null) => (count === null ? 'unknown' : countText(count));
  return `${text(inputTokens)} in, ${text(outputTokens)} out`;
}
