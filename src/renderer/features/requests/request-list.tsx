import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useState } from 'react';
import type { RequestSummary } from '#shared/account/request.ts';
import type { RequestId } from '#shared/ids.ts';
import { Button } from '../../components/button.tsx';
import type { CallError } from '../../lib/call-error.ts';
import { classNames } from '../../lib/class-names.ts';
import { useNow } from '../../lib/use-now.ts';
import { RequestListHead, RequestRow, rowHeightPx } from './request-row.tsx';

const headHeightPx = 36;
const rowsAhead = 100;

interface RequestListProps {
  scroller: RefObject<HTMLDivElement | null>;
  rows: readonly RequestSummary[];
  hasMore: boolean;
  isLoadingMore: boolean;
  moreError: CallError | null;
  onMore: () => void;
  selectedId: RequestId | null;
  onSelect: (id: RequestId | null) => void;
}

/** However many rows there are, only those in sight are in the page. One tab stop; arrow keys move, Enter opens. */
export function RequestList({
  scroller,
  rows,
  hasMore,
  isLoadingMore,
  moreError,
  onMore,
  selectedId,
  onSelect,
}: RequestListProps) {
  const [activeId, setActiveId] = useState<RequestId | null>(selectedId);
  const nowMs = useNow();
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    getItemKey: (index) => rows[index]?.id ?? index,
    scrollMargin: headHeightPx,
    scrollPaddingStart: headHeightPx,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  const mustLoad = hasMore && !isLoadingMore && !moreError && lastIndex >= rows.length - rowsAhead;
  useEffect(() => {
    if (mustLoad) onMore();
  }, [mustLoad, onMore]);

  function moveTo(index: number) {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (!row) return;
    setActiveId(row.id);
    virtualizer.scrollToIndex(rows.indexOf(row));
    if (selectedId) onSelect(row.id);
  }

  function onKeyDown(press: KeyboardEvent) {
    const current = rows.findIndex((row) => row.id === activeId);
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeightPx) - 2);
    const targets: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + pageRows,
      PageUp: current - pageRows,
      Home: 0,
      End: rows.length - 1,
    };
    const target = targets[press.key];
    if (target !== undefined) moveTo(target);
    else if ((press.key === 'Enter' || press.key === ' ') && activeId) onSelect(activeId);
    else if (press.key === 'Escape' && selectedId) onSelect(null);
    else return;
    press.preventDefault();
  }

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label="Requests"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-activedescendant={
        items.some((item) => rows[item.index]?.id === activeId) ? (activeId ?? undefined) : undefined
      }
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => setActiveId((id) => id ?? rows[0]?.id ?? null)}
      className="group/list min-h-0 flex-1 overflow-y-auto outline-none [overflow-anchor:none]"
    >
      <RequestListHead heightPx={headHeightPx} />
      <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <RequestRow
                key={item.key}
                row={row}
                rowIndex={item.index + 2}
                nowMs={nowMs}
                offsetPx={item.start - headHeightPx}
                isActive={row.id === activeId}
                isSelected={row.id === selectedId}
                onPress={() => {
                  setActiveId(row.id);
                  onSelect(row.id === selectedId ? null : row.id);
                }}
              />
            )
          );
        })}
      </div>
      {isLoadingMore && <ListFoot className="text-ink-3">Loading older requests…</ListFoot>}
      {moreError && (
        <ListFoot className="text-bad">
          {moreError.message}
          <Button size="small" onClick={onMore}>
            Try again
          </Button>
        </ListFoot>
      )}
    </div>
  );
}

/** Below the rows; a row itself, because a grid holds nothing else. */
function ListFoot({ className, children }: { className: string; children: ReactNode }) {
  return (
    <div role="rowgroup">
      <div role="row">
        <div role="gridcell" className={classNames('flex items-center justify-center gap-3 p-3 text-sm', className)}>
          {children}
        </div>
      </div>
    </div>
  );
}
