import { useState } from 'react';
import type { KnownProvider, Provider } from '#shared/domain/provider.ts';
import { recogniseKey, type RecognisedKey } from '#shared/domain/recognise-key.ts';
import { Button } from '../button.tsx';
import { Field, SecretInput } from '../field.tsx';
import { InlineProblem } from '../problem.tsx';
import { Select } from '../select.tsx';
import { useAddTested } from '../../lib/use-add-tested.ts';
import { useCorvusQuery } from '../../lib/query.ts';

/** Takes a pasted key, says whose it is, and adds and tests its provider. */
export function PasteKeyForm({ onAdded }: { onAdded: (id: Provider['id']) => void }) {
  const [key, setKey] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const catalogue = useCorvusQuery('providers.catalogue', undefined).data ?? [];
  const add = useAddTested();
  // A kind whose address is each person's own needs the long form.
  const kinds = catalogue.filter(({ baseUrl, isLocal }) => baseUrl !== null && !isLocal);
  const recognised = recogniseKey(key, kinds);
  const kind = chosen ?? (recognised.of === 'provider' ? (recognised.kinds[0]?.kind ?? null) : null);
  const canAdd = recognised.of === 'provider' && kind !== null;

  function submit() {
    if (!canAdd || add.isPending) return;
    add.mutate({ from: 'person', kind, secret: key.trim() }, { onSuccess: (added) => onAdded(added.id) });
  }

  return (
    <form
      noValidate
      className="flex flex-col gap-3"
      onSubmit={(submission) => {
        submission.preventDefault();
        submit();
      }}
    >
      <Field label="API key" hint={hintFor(recognised, kinds)}>
        {(ids) => (
          <SecretInput
            {...ids}
            autoFocus
            value={key}
            onValue={(typed) => {
              setKey(typed);
              setChosen(null);
            }}
          />
        )}
      </Field>
      {recognised.of === 'provider' && (
        <Field label="Provider">
          {(ids) => (
            <Select {...ids} value={kind ?? ''} options={options(recognised.kinds, kinds)} onValue={setChosen} />
          )}
        </Field>
      )}
      <InlineProblem error={add.error} />
      <Button type="submit" look="primary" className="self-start" disabled={!canAdd} isBusy={add.isPending}>
        {add.isPending ? 'Testing the key…' : 'Add and test'}
      </Button>
    </form>
  );
}

/** The kinds that the key fits, then all others; without one that fits, a question first. */
function options(fitting: readonly KnownProvider[], kinds: readonly KnownProvider[]) {
  const others = kinds.filter((known) => !fitting.includes(known));
  const named = [...fitting, ...others].map(({ kind, name }) => ({ value: kind, label: name }));
  return fitting.length > 0 ? named : [{ value: '', label: 'Choose whose key this is' }, ...named];
}

function hintFor(recognised: RecognisedKey, kinds: readonly KnownProvider[]): string {
  switch (recognised.of) {
    case 'nothing':
      return `Paste a key of ${kinds
        .slice(0, 4)
        .map(({ name }) => name)
        .join(', ')} or another provider. It is stored on this machine only and sent to that provider only.`;
    case 'account':
      return 'This is a CorvusLLM customer key. Connect the prepaid account with it.';
    case 'this-machine':
      return 'This is a local key, for tools on this machine. Paste the key of a provider.';
    case 'provider': {
      const [first, ...others] = recognised.kinds;
      if (!first) return 'No known kind of key looks like this. Choose its provider.';
      return others.length === 0
        ? `Recognised as a key of ${first.name}.`
        : `Keys of several providers look like this. Check the provider.`;
    }
  }
}
