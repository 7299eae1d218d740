import { useState } from 'react';
import { type EnvelopeState, positiveUsdSchema } from '#shared/domain/envelope.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';
import { limitProblem, UnpricedChoice } from './envelope-fields.tsx';

/** Raises or lowers a limit, renames. */
export function ChangeEnvelopeDialog({ envelope, onClose }: { envelope: EnvelopeState; onClose: () => void }) {
  const [limitText, setLimitText] = useState(envelope.limit);
  const [name, setName] = useState(envelope.name);
  const [allowsUnpriced, setAllowsUnpriced] = useState(envelope.allowsUnpriced);
  const change = useCorvusCommand('envelopes.change');
  const limit = positiveUsdSchema.safeParse(typedDollars(limitText)).data ?? null;
  const isWhole = limit !== null && name.trim() !== '';
  return (
    <Dialog isOpen title={`Change ${envelope.name}`} description="Takes effect at once." onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (limit !== null && isWhole)
            change.mutate({ id: envelope.id, limit, name: name.trim(), allowsUnpriced }, { onSuccess: onClose });
        }}
      >
        <Field label="Limit in US dollars" error={limitProblem(limitText)}>
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="decimal"
              value={limitText}
              onChange={(typed) => setLimitText(typed.target.value)}
            />
          )}
        </Field>
        <Field label="Name">
          {(ids) => (
            <TextInput {...ids} maxLength={80} value={name} onChange={(typed) => setName(typed.target.value)} />
          )}
        </Field>
        <UnpricedChoice allows={allowsUnpriced} onChange={setAllowsUnpriced} />
        <FormActions label="Save" isReady={isWhole} call={change} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
