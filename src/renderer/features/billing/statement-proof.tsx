import { useQueryClient } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import type { StatementReport } from '#shared/account/statement-report.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { countText } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

const sinceLast = { fromStart: false };

/** Whether the statement that is kept here is still as the account wrote it. */
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
  const stored = receipts > 0 ? `, ${countText(receipts)} of them with the receipt` : '';
  return (
    <p className="flex items-center gap-2 px-5 pb-3 text-[0.8125rem] text-ink-2">
      <ShieldCheck aria-hidden className="size-4 shrink-0 text-good" />
      {provenLines === lines
        ? `Statement verified: ${counted}${stored}.`
        : `${counted} add up; ${countText(provenLines)} can be proven, because the account gives no hash of the others.`}
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
      onClick={() => takeOver.mutate(undefined, { onSuccess: (report) => client.setQueryData(['account.verify', sinceLast], report) })}
    >
      Take it over
    </Button>
  );
  return (
    <div className="px-5 pb-4">
      <Notice level="error" title={`The statement is not as it was written. ${text}`} action={action}>
        <p>
          Nothing was thrown away; <code>corvusllm verify --json</code> has the lines that were told otherwise before. Ask whoever runs the
          account about this one; then take the statement over, fetched anew, as the account tells it now.
        </p>
        <InlineProblem error={takeOver.error} />
      </Notice>
    </div>
  );
}
