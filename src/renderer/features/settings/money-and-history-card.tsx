import { type KeyboardEvent, useState } from 'react';
import { defaultSettings, type Settings } from '#shared/contract/settings.ts';
import { parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { Switch } from '../../components/switch.tsx';
import { bytesText } from '../../lib/format-number.ts';
import { dateText } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';
import { HistoryLimits } from './history-limits.tsx';
import { useChangeSettings } from './use-change-settings.ts';

const sizeEveryMs = 30_000;

export function MoneyAndHistoryCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
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
        <Switch
          label="Write the balance to a file for status bars"
          hint="status.json in the data folder, at most every five seconds."
          isOn={settings.statusFile}
          onChange={(statusFile) => change({ statusFile })}
        />
        <HistoryLimits settings={settings} />
        <SizeNow />
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

function SizeNow() {
  const size = useCorvusQuery('storage.size', undefined, { isAskedOnOpening: true, refreshEveryMs: sizeEveryMs });
  if (!size.data) return null;
  const { fileBytes, usedBytes, oldestRequestMs } = size.data;
  const free = fileBytes - usedBytes;
  return (
    <p className="-mt-2 text-[0.8125rem] text-ink-2">
      Now {bytesText(usedBytes)}
      {free > fileBytes / 10 && `, and ${bytesText(free)} in the file for new requests`}
      {oldestRequestMs !== null && `; the oldest request is of ${dateText(oldestRequestMs)}`}.
    </p>
  );
}

/** Kept when left or confirmed, not at every key: half an amount is a wrong one. */
function LowBalanceField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [text, setText] = useState(value);
  const amount = parseUsd(typedDollars(text));
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
