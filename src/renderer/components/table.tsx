import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';

/** A table that scrolls sideways inside itself when the window is narrow. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div
      role="region"
      aria-label={`${label}, scrollable`}
      tabIndex={0}
      className="relative overflow-x-auto rounded-b-xl -outline-offset-2"
    >
      <table
        aria-label={label}
        className="w-full border-collapse text-[0.875rem] [&_tbody>tr:last-child>td]:border-b-0"
      >
        {children}
      </table>
    </div>
  );
}

interface HeadCellProps {
  children?: ReactNode;
  isNumber?: boolean;
  /** For sortable columns: how it is sorted now. */
  sort?: 'ascending' | 'descending' | 'none';
  onSort?: () => void;
  className?: string;
}

export function HeadCell({ children, isNumber = false, sort, onSort, className }: HeadCellProps) {
  const look = classNames(
    'border-b border-line px-3 py-2 text-xs font-medium whitespace-nowrap text-ink-3 first:pl-5 last:pr-5',
    isNumber ? 'text-right' : 'text-left',
    className,
  );
  if (!onSort) {
    return (
      <th scope="col" className={look}>
        {children}
      </th>
    );
  }
  const Arrow = sort === 'descending' ? ArrowDown : ArrowUp;
  const arrow = <Arrow aria-hidden className={classNames('size-3', sort === 'none' && 'opacity-0')} />;
  return (
    <th scope="col" aria-sort={sort} className={look}>
      <button
        type="button"
        onClick={onSort}
        className={classNames(
          'inline-flex min-h-[24px] items-center gap-1 rounded hover:text-ink',
          sort !== 'none' && 'text-ink',
        )}
      >
        {isNumber && arrow}
        {children}
        {!isNumber && arrow}
      </button>
    </th>
  );
}

export function Cell({ isNumber = false, className, ...rest }: ComponentProps<'td'> & { isNumber?: boolean }) {
  return (
    <td
      className={classNames(
        'border-b border-line px-3 py-2.5 align-middle first:pl-5 last:pr-5',
        isNumber && 'tabular text-right whitespace-nowrap',
        className,
      )}
      {...rest}
    />
  );
}
