import { useQueryClient } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import type { StatementReport } from '#shared/account/statement-report.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { countText } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

const sinceLast = { fromStart: false };

/** Whether the statement stored here is unchanged since it was first downloaded. */
export function StatementProof() {
  const checked = useCorvusQuery('account.verify', sinceLast, {
    refreshOn: ['account.statement-checked', 'account.changed'],
    isAskedOnOpening: true,
  });
  const report = checked.data;
  return (
    <div role="status" className="empty:hidden">
      {report?.status === 'ok' && <Verified report={report} />}
      {report?.firstFault && <Broken text={report.firstFault.text} />}
    </div>
  );
}

function Verified({ report: { lines, provenLines, receipts } }: { report: StatementReport }) {
  const counted = `${countText(lines)} ${lines === 1 ? 'line' : 'lines'}`;
  const stored = receipts > 0 ? `, ${countText(receipts)} of them with a receipt` : '';
  return (
    <p className="flex items-center gap-2 px-5 pb-3 text-[0.8125rem] text-ink-2">
      <ShieldCheck aria-hidden className="size-4 shrink-0 text-good" />
      {provenLines === lines
        ? `Statement verified: ${counted}${stored}.`
        : `${counted} add up. ${countText(provenLines)} are verified; the account provides no hash for the others.`}
    </p>
  );
}

function Broken({ text }: { text: string }) {
  const client = useQueryClient();
  const takeOver = useCorvusCommand('account.take-over-statement');
  const action = (
    <Button
      size="small"
      isBusy={takeOver.isPending}
      onClick={() =>
        takeOver.mutate(undefined, {
          onSuccess: (report) => client.setQueryData(['account.verify', sinceLast], report),
        })
      }
    >
      Accept current statement
    </Button>
  );
  return (
    <div className="px-5 pb-4">
      <Notice level="error" title={`Your statement has changed. ${text}`} action={action}>
        <p>
          The earlier versions of these lines are kept: <code>corvusllm verify --json</code> shows them. Ask the
          operator of the account why they changed. If the answer satisfies you, accept the current statement; it is
          downloaded again.
        </p>
        <InlineProblem error={takeOver.error} />
      </Notice>
    </div>
  );
}
