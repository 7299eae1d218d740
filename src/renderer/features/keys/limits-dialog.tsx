import { useState } from 'react';
import type { LocalKey, SwitchLane } from '#shared/domain/local-key.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Select } from '../../components/select.tsx';
import { Switch } from '../../components/switch.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { draftOf, type LimitsDraft, readLimits } from './limits-draft.ts';

/** What a tool may do with its key. */
export function LimitsDialog({ localKey, onClose }: { localKey: LocalKey; onClose: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(localKey.limits));
  const save = useCorvusCommand('keys.set-limits');
  const steady = useCorvusCommand('keys.set-attribution');
  const [isSteady, setSteady] = useState(localKey.steadiesAttribution);
  const { limits, problems } = readLimits(draft);
  const field = (
    label: string,
    name: Exclude<keyof LimitsDraft, 'stopsLoops' | 'switchLane'>,
    hint?: string,
    type = 'text',
  ) => (
    <Field label={label} hint={hint} error={problems[name] ?? null}>
      {(ids) => (
        <TextInput
          {...ids}
          type={type}
          inputMode={type === 'text' && name !== 'models' ? 'decimal' : undefined}
          value={draft[name]}
          onChange={(typed) => setDraft({ ...draft, [name]: typed.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      isOpen
      title={`Limits of ${localKey.label}`}
      description="Leave a field empty for no limit."
      onClose={onClose}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (limits) save.mutate({ id: localKey.id, limits }, { onSuccess: onClose });
        }}
      >
        <div className="grid grid-cols-2 gap-4">
          {field('Requests per minute', 'requestsPerMinute')}
          {field('Tokens per minute', 'tokensPerMinute')}
          {field('Concurrent requests', 'concurrency')}
          {field('Dollars per request', 'maxCostUsd')}
          {field('Expires after', 'expiresAtMs', undefined, 'date')}
          {field('Minutes to wait for money', 'waitMinutes', 'Up to 60, instead of a refusal')}
        </div>
        <SwitchLaneField
          value={draft.switchLane}
          error={problems.switchLane ?? null}
          onValue={(switchLane) => setDraft({ ...draft, switchLane })}
        />
        {field('Models', 'models', 'Separated by commas. * matches anything: gpt-*, claude-haiku-4-5')}
        <Switch
          label="Stop loops and steep spend"
          hint="Refuses a conversation that calls the same tool five times in a row with the same result, and all requests while the key spends five times its usual. Else both are only shown."
          isOn={draft.stopsLoops}
          onChange={(stopsLoops) => setDraft({ ...draft, stopsLoops })}
        />
        <Switch
          label="Keep Claude Code's attribution line steady"
          hint="Overwrites the value in it that changes with every request, so that prompt caches hold. Takes effect at once."
          isOn={isSteady}
          onChange={(isOn) => steady.mutate({ id: localKey.id, isSteady: isOn }, { onSuccess: () => setSteady(isOn) })}
        />
        <FormActions
          label="Save limits"
          isReady={limits !== null}
          call={{ error: save.error ?? steady.error, isPending: save.isPending }}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}

const switchChoices: readonly { value: SwitchLane; label: string }[] = [
  { value: 'never', label: 'Stay with it' },
  { value: 'ask', label: 'Ask me, while the request waits' },
  { value: 'if-cheaper', label: 'Use another lane if it costs no more' },
];

function SwitchLaneField({
  value,
  error,
  onValue,
}: {
  value: SwitchLane;
  error: string | null;
  onValue: (value: SwitchLane) => void;
}) {
  return (
    <Field
      label="When its lane has no money"
      hint="Another lane is another place that lists the same model: the prepaid account, a key of your own, a local server."
      error={error}
    >
      {(ids) => <Select {...ids} value={value} options={switchChoices} onValue={onValue} />}
    </Field>
  );
}
