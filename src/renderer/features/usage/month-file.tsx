import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { offerFile } from '../../lib/save-file.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';
import { useNow } from '../../lib/use-now.ts';

const mostMonths = 24;

/** A month's expenses as a file. */
export function MonthFile() {
  const months = lastMonths(useNow());
  const [month, setMonth] = useState(months[1]?.value ?? '');
  const file = useCorvusCommand('usage.month-file');

  return (
    <Card
      title="A month of expenses"
      description="A PDF with the cost by lane, tool, model and day, and what moved the prepaid account."
    >
      <div className="flex flex-wrap items-end gap-2">
        <Field label="Month" className="w-56">
          {(ids) => <Select {...ids} value={month} options={months} onValue={setMonth} />}
        </Field>
        <Button
          icon={<Download aria-hidden />}
          isBusy={file.isPending}
          onClick={() =>
            file.mutate(
              { timeZone: viewerTimeZone, month },
              { onSuccess: ({ name, base64 }) => offerFile(name, pdfOf(base64)) },
            )
          }
        >
          Save as PDF
        </Button>
      </div>
      <InlineProblem error={file.error} />
    </Card>
  );
}

function pdfOf(base64: string): Blob {
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: 'application/pdf' });
}

/** This month first. */
function lastMonths(nowMs: number): { value: string; label: string }[] {
  const now = new Date(nowMs);
  return Array.from({ length: mostMonths }, (_, index) => {
    const first = new Date(now.getFullYear(), now.getMonth() - index, 1);
    const value = `${first.getFullYear()}-${String(first.getMonth() + 1).padStart(2, '0')}`;
    return { value, label: first.toLocaleDateString('en', { month: 'long', year: 'numeric' }) };
  });
}
