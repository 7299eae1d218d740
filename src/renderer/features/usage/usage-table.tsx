import { ListFilter } from 'lucide-react';
import type { Output } from '#shared/contract/contract.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { RequestsLink } from '../../components/requests-link.tsx';
import { SumLink } from '../../components/sum-link.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { classNames } from '../../lib/class-names.ts';
import { plural } from '../../lib/format-number.ts';
import { dimensionNames, measureNames, type ShownMeasure, sizeOf, valueName } from '../../lib/usage-words.ts';
import type { UsageView } from './use-usage-view.ts';

type Report = Output<'usage.report'>;

interface UsageTableProps {
  report: Report;
  view: UsageView;
  keys: readonly LocalKey[];
  /** Narrows the page to one value. */
  onOnly: (value: string) => void;
  onMore: () => void;
}

const columns: readonly { measure: ShownMeasure; className?: string }[] = [
  { measure: 'requests' },
  { measure: 'tokens', className: 'hidden md:table-cell' },
  { measure: 'cached', className: 'hidden lg:table-cell' },
  { measure: 'firstByte', className: 'hidden 2xl:table-cell' },
  { measure: 'duration', className: 'hidden xl:table-cell' },
  { measure: 'failures', className: 'hidden sm:table-cell' },
];

export function UsageTable({ report, view, keys, onOnly, onMore }: UsageTableProps) {
  const { rows, more } = report;
  const largest = Math.max(...rows.map(({ sums }) => sizeOf(sizesOf(sums), view.measure)));
  if (rows.length === 0)
    return <p className="px-5 pb-6 text-center text-sm text-ink-2">No requests in this time, and none before.</p>;
  return (
    <>
      <Table label={`Usage by ${dimensionNames[view.by].toLowerCase()}`}>
        <thead>
          <tr>
            <HeadCell>{dimensionNames[view.by]}</HeadCell>
            <HeadCell isNumber>{measureNames.cost}</HeadCell>
            <HeadCell isNumber className="hidden lg:table-cell">
              Cost before
            </HeadCell>
            {columns.map(({ measure, className }) => (
              <HeadCell key={measure} isNumber {...(className === undefined ? {} : { className })}>
                {measureNames[measure]}
              </HeadCell>
            ))}
            <HeadCell>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <UsageRow
              key={row.value}
              row={row}
              report={report}
              view={view}
              name={valueName(view.by, row.value, keys)}
              percent={largest === 0 ? 0 : (100 * sizeOf(sizesOf(row.sums), view.measure)) / largest}
              onOnly={() => onOnly(row.value)}
            />
          ))}
        </tbody>
      </Table>
      {more > 0 && (
        <div className="flex justify-center py-3">
          <Button onClick={onMore}>Show {plural(more, 'more row')}</Button>
        </div>
      )}
    </>
  );
}

function sizesOf(sums: Report['total']) {
  return { ...sums, tokens: sums.inputTokens + sums.outputTokens };
}

interface UsageRowProps {
  row: Report['rows'][number];
  report: Report;
  view: UsageView;
  name: string;
  percent: number;
  onOnly: () => void;
}

function UsageRow({
  row: { value, sums, before },
  report,
  view: { by, filter },
  name,
  percent,
  onOnly,
}: UsageRowProps) {
  const own = { ...filter, [by]: value };
  return (
    <tr className="hover:bg-hover">
      <Cell className="max-w-36 min-w-32 sm:max-w-56 xl:max-w-60 2xl:max-w-96">
        <RequestsLink
          filter={{ ...own, ...report.span, status: 'ended' }}
          title={name}
          className="max-w-full truncate align-bottom font-medium"
        >
          {name}
        </RequestsLink>
        <span aria-hidden className="mt-1 block h-1 overflow-hidden rounded-full bg-inset">
          <span className="block h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
        </span>
      </Cell>
      <Cell isNumber className="font-medium">
        <SumLink sums={sums} measure="cost" filter={{ ...own, ...report.span }} />
        {sums.unpriced > 0 && (
          <span className="block text-xs font-normal text-warn">
            <SumLink sums={sums} measure="unpriced" filter={{ ...own, ...report.span }} />
          </span>
        )}
      </Cell>
      <Cell isNumber className="hidden text-ink-3 lg:table-cell">
        {before.requests === 0 ? '–' : <SumLink sums={before} measure="cost" filter={{ ...own, ...report.before }} />}
      </Cell>
      {columns.map(({ measure, className }) => (
        <Cell key={measure} isNumber className={classNames('text-ink-2', className)}>
          <SumLink sums={sums} measure={measure} filter={{ ...own, ...report.span }} />
        </Cell>
      ))}
      <Cell isNumber>
        <IconButton label={`Only ${name}`} onClick={onOnly} className="-my-1.5">
          <ListFilter aria-hidden />
        </IconButton>
      </Cell>
    </tr>
  );
}
