import type { Settings } from '#shared/contract/settings.ts';
import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { LessKeptDialog } from './less-kept-dialog.tsx';
import { useLessKept } from './use-less-kept.ts';

type Choices = readonly { value: string; label: string }[];

const sizes: Choices = [
  { value: '', label: 'Any size' },
  { value: '100', label: '100 MB' },
  { value: '500', label: '500 MB' },
  { value: '1000', label: '1 GB' },
  { value: '5000', label: '5 GB' },
  { value: '20000', label: '20 GB' },
];
const periods: Choices = [
  { value: '', label: 'Forever' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
];

/** How long, and up to what size, requests are kept. */
export function HistoryLimits({ settings }: { settings: Pick<Settings, 'retentionDays' | 'historyMegabytes'> }) {
  const { retentionDays, historyMegabytes } = settings;
  const { asked, ask, answer } = useLessKept();
  return (
    <>
      <Field label="Keep request history" hint="Older requests are deleted. Totals and charts stay.">
        {(ids) => (
          <LimitSelect
            {...ids}
            value={retentionDays}
            choices={periods}
            unit="days"
            onValue={(days) => ask({ retentionDays: days }, isLess(days, retentionDays))}
          />
        )}
      </Field>
      <Field
        label="Size of the database"
        hint="Above it, the oldest requests are deleted. Those of the last day, totals and charts stay."
      >
        {(ids) => (
          <LimitSelect
            {...ids}
            value={historyMegabytes}
            choices={sizes}
            unit="MB"
            onValue={(megabytes) => ask({ historyMegabytes: megabytes }, isLess(megabytes, historyMegabytes))}
          />
        )}
      </Field>
      <LessKeptDialog isOpen={asked} title="Keep fewer requests?" onAnswer={answer}>
        Requests beyond the new limit are deleted at once and cannot be restored. Totals and charts stay.
      </LessKeptDialog>
    </>
  );
}

/** null: no limit. */
function isLess(next: number | null, now: number | null): boolean {
  return next !== null && (now === null || next < now);
}

function LimitSelect({
  value,
  choices,
  unit,
  onValue,
  ...ids
}: {
  value: number | null;
  choices: Choices;
  unit: string;
  onValue: (value: number | null) => void;
}) {
  const stored = value === null ? '' : String(value);
  const isListed = choices.some((choice) => choice.value === stored);
  return (
    <Select
      {...ids}
      className="w-56"
      value={stored}
      options={isListed ? choices : [...choices, { value: stored, label: `${stored} ${unit}` }]}
      onValue={(chosen) => onValue(chosen === '' ? null : Number(chosen))}
    />
  );
}
