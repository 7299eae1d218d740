import { useState } from 'react';
import type { CaptureSettings } from '#shared/contract/captures.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { bytesText, plural } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { LessKeptDialog } from './less-kept-dialog.tsx';
import { useLessKept } from './use-less-kept.ts';

const choices: readonly { value: CaptureSettings['of']; label: string }[] = [
  { value: 'off', label: 'Of no request' },
  { value: 'errors', label: 'Of failed requests' },
  { value: 'all', label: 'Of every request' },
];
const sizes = [10, 100, 1_000, 10_000];
const periods = [1, 7, 30];

/** Whether prompts and answers are kept, how much of them, and their end. */
export function CapturesCard({ settings: { captures } }: { settings: Pick<Settings, 'captures'> }) {
  const { asked, ask, answer } = useLessKept();
  const change = (part: Partial<CaptureSettings>, isLess = false) =>
    ask({ captures: { ...captures, ...part } }, isLess);
  return (
    <Card
      title="Bodies of requests"
      description="Prompts and answers, for looking into what a tool sends. Stored on this machine without credentials, and in no backup and no support packet."
    >
      <div className="flex flex-col gap-4">
        <Field label="Keep bodies">
          {(ids) => (
            <Select {...ids} className="w-56" value={captures.of} options={choices} onValue={(of) => change({ of })} />
          )}
        </Field>
        {captures.of !== 'off' && (
          <div className="flex flex-wrap gap-4">
            <NumberSelect
              label="At most"
              value={captures.megabytes}
              values={sizes}
              words={(megabytes) => bytesText(megabytes * 1_000_000)}
              onValue={(megabytes) => change({ megabytes }, megabytes < captures.megabytes)}
            />
            <NumberSelect
              label="For"
              value={captures.days}
              values={periods}
              words={(days) => plural(days, 'day')}
              onValue={(days) => change({ days }, days < captures.days)}
            />
          </div>
        )}
        <Stored />
        <LessKeptDialog isOpen={asked} title="Keep fewer bodies?" onAnswer={answer}>
          Bodies beyond the new limit are overwritten on the disk and cannot be restored.
        </LessKeptDialog>
      </div>
    </Card>
  );
}

interface NumberSelectProps {
  label: string;
  value: number;
  values: readonly number[];
  words: (value: number) => string;
  onValue: (value: number) => void;
}

function NumberSelect({ label, value, values, words, onValue }: NumberSelectProps) {
  const offered = [...new Set([...values, value])].sort((one, other) => one - other);
  return (
    <Field label={label}>
      {(ids) => (
        <Select
          {...ids}
          className="w-32"
          value={String(value)}
          options={offered.map((number) => ({ value: String(number), label: words(number) }))}
          onValue={(chosen) => onValue(Number(chosen))}
        />
      )}
    </Field>
  );
}

function Stored() {
  const size = useCorvusQuery('captures.size', undefined, {
    refreshOn: ['captures.changed'],
    isAskedOnOpening: true,
  });
  const clear = useCorvusCommand('captures.clear');
  const [isAsking, setIsAsking] = useState(false);
  if (!size.data || size.data.count === 0) return null;
  const { count, bytes } = size.data;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p className="text-ink-2">
        Kept now: bodies of {plural(count, 'request')}, {bytesText(bytes)}
      </p>
      <Button size="small" onClick={() => setIsAsking(true)}>
        Delete all bodies
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title="Delete all bodies?"
        confirmLabel="Delete"
        isBusy={clear.isPending}
        error={clear.error}
        onClose={() => setIsAsking(false)}
        onConfirm={() => clear.mutate(undefined, { onSuccess: () => setIsAsking(false) })}
      >
        They are overwritten on the disk and cannot be restored. The requests themselves stay in the list.
      </ConfirmDialog>
    </div>
  );
}
