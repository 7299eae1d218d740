import { Link } from 'wouter';
import { cacheBreakText } from '#shared/account/cache-break-text.ts';
import type { Output } from '#shared/contract/contract.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { RequestsLink } from '../../components/requests-link.tsx';
import { SumLink } from '../../components/sum-link.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { countText } from '../../lib/format-number.ts';
import { momentText, viewerTimeZone } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { requestsAddress } from '../../lib/requests-address.ts';
import { dimensionNames, measureNames, valueName } from '../../lib/usage-words.ts';
import type { UsageView } from './use-usage-view.ts';

type Report = Output<'usage.report'>;
type Break = Output<'usage.cache-breaks'>[number];

const measures = ['cached', 'cacheSaved', 'cacheLost'] as const;
const mostBreaks = 10;
const mostRows = 10;

interface CacheCardProps {
  report: Report;
  view: UsageView;
  keys: readonly LocalKey[];
}

/** What prompt caches saved, and what was paid again because one no longer had the beginning of a prompt. */
export function CacheCard({ report, view, keys }: CacheCardProps) {
  const { range, by, filter } = view;
  const breaks = useCorvusQuery(
    'usage.cache-breaks',
    { timeZone: viewerTimeZone, range, filter, limit: mostBreaks },
    { refreshOn: ['requests.changed'], keepPrevious: true, isAskedOnOpening: true },
  );
  const rows = report.rows.filter(({ sums }) => sums.inputTokens > 0).slice(0, mostRows);
  if (rows.length === 0) return null;
  return (
    <Card
      title="Prompt cache"
      description="Saved: what input would have cost without a cache, less what it cost. Lost: what was paid again because a cache no longer had the beginning of a session."
      isFlush
    >
      <Table label={`Prompt cache by ${dimensionNames[by].toLowerCase()}`}>
        <thead>
          <tr>
            <HeadCell>{dimensionNames[by]}</HeadCell>
            {measures.map((measure) => (
              <HeadCell key={measure} isNumber>
                {measureNames[measure]}
              </HeadCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, sums }) => (
            <SumsRow
              key={value}
              name={valueName(by, value, keys)}
              sums={sums}
              filter={{ ...filter, [by]: value, ...report.span }}
            />
          ))}
          <SumsRow name="All" sums={report.total} filter={{ ...filter, ...report.span }} />
        </tbody>
      </Table>
      {breaks.data && breaks.data.length > 0 && <BreakTable breaks={breaks.data} />}
    </Card>
  );
}

function SumsRow({ name, sums, filter }: { name: string; sums: Report['total']; filter: Partial<RequestFilter> }) {
  return (
    <tr className="hover:bg-hover">
      <Cell className="max-w-56 min-w-32 truncate xl:max-w-96">
        <RequestsLink
          filter={{ ...filter, status: 'ended' }}
          title={name}
          className="max-w-full truncate align-bottom font-medium"
        >
          {name}
        </RequestsLink>
      </Cell>
      {measures.map((measure) => (
        <Cell key={measure} isNumber className="text-ink-2">
          <SumLink sums={sums} measure={measure} filter={filter} />
        </Cell>
      ))}
    </tr>
  );
}

function BreakTable({ breaks }: { breaks: readonly Break[] }) {
  return (
    <>
      <h3 className="px-5 pt-5 pb-1 text-sm font-semibold">Where most was lost</h3>
      <Table label="Turns whose beginning the cache no longer had">
        <thead>
          <tr>
            <HeadCell>Turn</HeadCell>
            <HeadCell>Tool</HeadCell>
            <HeadCell className="hidden md:table-cell">Model</HeadCell>
            <HeadCell>Likely cause</HeadCell>
            <HeadCell isNumber className="hidden sm:table-cell">
              Tokens
            </HeadCell>
            <HeadCell isNumber>Lost</HeadCell>
          </tr>
        </thead>
        <tbody>
          {breaks.map((row) => (
            <BreakRow key={row.id} row={row} />
          ))}
        </tbody>
      </Table>
    </>
  );
}

function BreakRow({ row: { id, createdAtMs, tool, modelRequested, session, cacheBreak } }: { row: Break }) {
  const { cause, advice } = cacheBreakText(cacheBreak);
  return (
    <tr className="hover:bg-hover">
      <Cell className="whitespace-nowrap">
        <Link href={requestsAddress({ session }, id)} className="text-accent underline-offset-4 hover:underline">
          {momentText(createdAtMs)}
        </Link>
      </Cell>
      <Cell className="max-w-40 truncate text-ink-2">{tool}</Cell>
      <Cell className="hidden max-w-48 truncate text-ink-2 md:table-cell">{modelRequested}</Cell>
      <Cell className="min-w-56">
        {cause} <span className="block text-xs text-ink-3">{advice}</span>
      </Cell>
      <Cell isNumber className="hidden text-ink-2 sm:table-cell">
        {countText(cacheBreak.tokens)}
      </Cell>
      <Cell isNumber className="font-medium">
        <Money amount={cacheBreak.lost} />
      </Cell>
    </tr>
  );
}
