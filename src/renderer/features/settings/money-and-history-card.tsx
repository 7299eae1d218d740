import { type KeyboardEvent, useState } from 'react';
import { defaultSettings, type Settings } from '#shared/contract/settings.ts';
import { parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { Switch } from '../../components/switch.tsx';
import { useChangeSettings } from './use-change-settings.ts';

const periods = [
  { value: '', label: 'Forever' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
] as const;

export function MoneyAndHistoryCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  const stored = settings.retentionDays === null ? '' : String(settings.retentionDays);
  const options: { value: string; label: string }[] = periods.some(({ value }) => value === stored)
    ? [...periods]
    : [...periods, { value: stored, label: `${stored} days` }];
  return (
    <Card title="Money and history">
      <div className="flex flex-col gap-4">
        <Switch
          label="Warn when the balance gets low"
          hint="Shows a notification and an amber tray icon."
          isOn={settings.lowBalance !== null}
          onChange={(isOn) => change({ lowBalance: isOn ? (defaultSettings.lowBalance ?? '2.00') : null })}
        />
        {settings.lowBalance !== null && (
          <LowBalanceField
            key={settings.lowBalance}
            value={settings.lowBalance}
            onValue={(lowBalance) => change({ lowBalance })}
          />
        )}
        <Field label="Keep request history" hint="Older requests are deleted. Totals and charts stay.">
          {(ids) => (
            <Select
              {...ids}
              className="w-56"
              value={stored}
              options={options}
              onValue={(days) => change({ retentionDays: days === '' ? null : Number(days) })}
            />
          )}
        </Field>
        <Switch
          label="Keep what models thought beside their tool calls"
          hint="Encrypted, for at most 30 days, so that conversations go on after a restart. Turning this off deletes it."
          isOn={settings.keepReasoning}
          onChange={(keepReasoning) => change({ keepReasoning })}
        />
      </div>
    </Card>
  );
}

/** Kept when left or confirmed, not at every key: half an amount is a wrong one. */
function LowBalanceField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [text, setText] = useState(value);
  const amount = parseUsd(text.trim());
  const isRight = amount !== null && amount > zeroUsd;
  const keep = () => {
    if (isRight && usdText(amount) !== value) onValue(usdText(amount));
  };
  return (
    <Field label="Warn below" error={isRight ? null : 'Enter an amount such as 2.00.'}>
      {(ids) => (
        <span className="relative w-56">
          <span aria-hidden className="absolute top-1/2 left-3 -translate-y-1/2 text-ink-3">
            $
          </span>
          <TextInput
            {...ids}
            inputMode="decimal"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onBlur={keep}
            onKeyDown={(press: KeyboardEvent) => press.key === 'Enter' && keep()}
            className="tabular pl-7"
          />
        </span>
      )}
    </Field>
  );
}
