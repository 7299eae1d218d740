import { useInfiniteQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { Link } from 'wouter';
import type { StatementLine } from '#shared/contract/billing.ts';
import type { Output } from '#shared/contract/contract.ts';
import { statementColumns } from '#shared/export/columns.ts';
import { everyPage, exportPageSize } from '#shared/export/pages.ts';
import { ExportButtons } from '../../components/export-buttons.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { corvus } from '../../lib/api.ts';
import type { CallError } from '../../lib/call-error.ts';
import { classNames } from '../../lib/class-names.ts';
import { exactTime, listTime } from '../../lib/format-time.ts';
import { useCorvusQuery, useRefresh } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';
import { MatchedCharges } from './matched-charges.tsx';
import { StatementProof } from './statement-proof.tsx';

const pageSize = 50;

const kindNames: Readonly<Record<StatementLine['kind'], string>> = {
  topup: 'Top-up',
  usage: 'Request',
  adjustment: 'Adjustment',
  refund: 'Refund',
  grant: 'Gift',
};

/** The account's own statement, newest first, with what was left after each line. */
export function LedgerCard() {
  useRefresh('billing.ledger', ['balance.changed', 'billing.order-changed', 'account.changed']);
  const ledger = useInfiniteQuery<
    Output<'billing.ledger'>,
    CallError,
    { pages: Output<'billing.ledger'>[] },
    [string],
    string | null
  >({
    queryKey: ['billing.ledger'],
    queryFn: ({ pageParam }) => corvus.call('billing.ledger', { cursor: pageParam, limit: pageSize }),
    initialPageParam: null,
    getNextPageParam: (page) => page.nextCursor,
  });
  const nowMs = useNow();
  const lines = ledger.data?.pages.flatMap((page) => page.lines) ?? [];
  return (
    <Card
      title="Statement"
      description="Every change of your balance."
      isFlush
      actions={lines.length > 0 && <ExportButtons what="statement" columns={statementColumns} open={statementPages} />}
    >
      <StatementProof />
      <MatchedCharges />
      {ledger.isPending && <SkeletonRows rows={6} label="Loading the statement" />}
      {ledger.error && (
        <div className="p-5 pt-0">
          <Problem error={ledger.error} onRetry={() => void ledger.refetch()} />
        </div>
      )}
      {ledger.isSuccess && lines.length === 0 && <NoLines />}
      {lines.length > 0 && (
        <Table label="Statement">
          <thead>
            <tr>
              <HeadCell>Time</HeadCell>
              <HeadCell>Type</HeadCell>
              <HeadCell>Description</HeadCell>
              <HeadCell isNumber>Amount</HeadCell>
              <HeadCell isNumber>Balance after</HeadCell>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <LedgerRow key={line.sequence} line={line} nowMs={nowMs} />
            ))}
          </tbody>
        </Table>
      )}
      {ledger.hasNextPage && (
        <div className="flex justify-center py-4">
          <Button isBusy={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
            Show older lines
          </Button>
        </div>
      )}
    </Card>
  );
}

function NoLines() {
  const account = useCorvusQuery('account.get', undefined, { refreshOn: ['account.changed'] });
  if (account.data?.seesStatement === false) {
    return (
      <EmptyState icon={<ReceiptText />} title="This key may not read the statement">
        Your requests still show what they cost. To see every change of the balance here, connect a key that manages the
        account and belongs to an owner or admin.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<ReceiptText />} title="No transactions yet">
      Top-ups and requests appear here, each with the balance after it.
    </EmptyState>
  );
}

const statementPages = () =>
  everyPage(async (cursor) => {
    const { lines, nextCursor } = await corvus.call('billing.ledger', { cursor, limit: exportPageSize });
    return { rows: lines, nextCursor };
  });

function LedgerRow({ line, nowMs }: { line: StatementLine; nowMs: number }) {
  const atMs = Date.parse(line.at);
  const isCredit = !line.amount.startsWith('-');
  return (
    <tr className="hover:bg-hover">
      <Cell className="tabular whitespace-nowrap text-ink-2" title={exactTime(atMs)}>
        {listTime(atMs, nowMs)}
      </Cell>
      <Cell className="whitespace-nowrap">{kindNames[line.kind]}</Cell>
      <Cell className="max-w-[28rem] min-w-40 truncate text-ink-2" title={line.description}>
        <Description line={line} />
      </Cell>
      <Cell isNumber className={classNames('font-medium', isCredit && 'text-good')}>
        <Money amount={line.amount} as="exact" isSigned />
      </Cell>
      <Cell isNumber>
        <Money amount={line.balanceAfter} as="exact" />
      </Cell>
    </tr>
  );
}

function Description({ line: { description, requestId, isRequestHere } }: { line: StatementLine }) {
  if (requestId === null) return description;
  if (!isRequestHere) {
    return (
      <>
        {description} <span className="text-ink-3">· not on this computer</span>
      </>
    );
  }
  return (
    <Link href={`/requests?id=${encodeURIComponent(requestId)}`} className="text-accent hover:underline">
      {description}
    </Link>
  );
}
