import { type KeyboardEvent, useState } from 'react';
import type { Settings } from '#shared/contract/settings.ts';
import { firstByteTimeoutsSchema, type FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { useChangeSettings } from './use-change-settings.ts';

const kinds: readonly { name: keyof FirstByteTimeouts; label: string; hint: string }[] = [
  { name: 'usual', label: 'Models that answer at once', hint: 'Seconds until a stream must begin' },
  { name: 'reasoning', label: 'Models that reason', hint: 'They may be silent for minutes' },
  { name: 'local', label: 'Servers on this machine', hint: 'They may have to load a model first' },
];

/** First-byte timeouts, by kind of model. */
export function WaitingCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  const { firstByteTimeouts } = settings;
  return (
    <Card
      title="Waiting for models"
      description="How long a plan, or a provider with several keys, waits before it asks the next one."
    >
      <div className="grid gap-x-4 gap-y-1.5 sm:grid-cols-3 sm:grid-rows-[auto_auto_auto]">
        {kinds.map(({ name, label, hint }) => (
          <SecondsField
            key={`${name} ${firstByteTimeouts[name]}`}
            label={label}
            hint={hint}
            value={firstByteTimeouts[name]}
            onValue={(seconds) => change({ firstByteTimeouts: { ...firstByteTimeouts, [name]: seconds } })}
          />
        ))}
      </div>
    </Card>
  );
}

interface SecondsFieldProps {
  label: string;
  hint: string;
  value: number;
  onValue: (seconds: number) => void;
}

/** Kept when left or confirmed, not at every key. */
function SecondsField({ label, hint, value, onValue }: SecondsFieldProps) {
  const [text, setText] = useState(String(value));
  const parsed = firstByteTimeoutsSchema.shape.usual.safeParse(text.trim() === '' ? null : Number(text));
  const keep = () => {
    if (parsed.success && parsed.data !== value) onValue(parsed.data);
  };
  return (
    <Field
      label={label}
      hint={hint}
      error={parsed.success ? null : 'Enter 5 to 3600 seconds.'}
      // The fields stand on one line, also where a label takes two.
      className="max-sm:mb-2.5 sm:row-span-3 sm:grid sm:grid-rows-subgrid sm:[&>label]:self-end"
    >
      {(ids) => (
        <TextInput
          {...ids}
          inputMode="numeric"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={keep}
          onKeyDown={(press: KeyboardEvent) => press.key === 'Enter' && keep()}
          className="tabular"
        />
      )}
    </Field>
  );
}
