import { useState } from 'react';
import { firstKeyName, type Provider, type ProviderKey } from '#shared/domain/provider.ts';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, SecretInput, TextInput, WholeNumberInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { showToast } from '../../components/toast.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { useProvidersStore } from './providers-store.ts';

/** Adds a key to a provider, replaces one, or says when one is used. */
export function ProviderKeyDialog() {
  const { dialog, close } = useProvidersStore();
  return (
    <Dialog
      isOpen={dialog.kind === 'key'}
      title={titleOf(dialog)}
      description="A stored key is never shown."
      onClose={close}
    >
      {dialog.kind === 'key' && <KeyForm provider={dialog.provider} known={dialog.key} onDone={close} />}
    </Dialog>
  );
}

function titleOf(dialog: ReturnType<typeof useProvidersStore.getState>['dialog']): string {
  if (dialog.kind !== 'key') return 'Key';
  return dialog.key ? `Key ${dialog.key.name} of ${dialog.provider.id}` : `Add a key to ${dialog.provider.id}`;
}

interface KeyFormProps {
  provider: Provider;
  /** null: a new one. */
  known: ProviderKey | null;
  onDone: () => void;
}

function KeyForm({ provider, known, onDone }: KeyFormProps) {
  const [name, setName] = useState(known?.name ?? freeName(provider));
  const [key, setKey] = useState('');
  const [priority, setPriority] = useState(known?.priority ?? 0);
  const [weight, setWeight] = useState(known?.weight ?? 1);
  const [isRemoving, setIsRemoving] = useState(false);
  const { add, change, remove, isPending, error } = useKeyCommands();
  const isNeeded = known === null || !known.isReadable;
  const done = (title: string) => ({
    onSuccess: () => {
      showToast({ tone: 'good', title });
      onDone();
    },
  });

  function save() {
    const load = { id: provider.id, name, priority, weight };
    const stored = done(`The key ${name} of ${provider.id} is stored`);
    if (known === null) add.mutate({ ...load, key }, stored);
    else change.mutate({ ...load, key: key.trim() ? key : null }, stored);
  }

  const form = (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submission) => {
        submission.preventDefault();
        if (key.trim() || !isNeeded) save();
      }}
    >
      {known === null && (
        <Field label="Name" hint="Lower-case letters, digits and dashes; shown in the attempts of a request">
          {(ids) => (
            <TextInput {...ids} required maxLength={40} value={name} onChange={(edit) => setName(edit.target.value)} />
          )}
        </Field>
      )}
      <Field label={known ? 'New key' : 'Key'} hint={isNeeded ? undefined : 'Leave it empty to keep the stored one'}>
        {(ids) => <SecretInput {...ids} autoFocus value={key} onValue={setKey} />}
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Priority" hint="Lower comes first; the next is used where one fails">
          {(ids) => <WholeNumberInput {...ids} value={priority} onValue={setPriority} />}
        </Field>
        <Field label="Weight" hint="Share of the calls among keys of one priority">
          {(ids) => <WholeNumberInput {...ids} value={weight} onValue={setWeight} />}
        </Field>
      </div>
      <InlineProblem error={error} />
      <DialogActions>
        {known && (
          <Button look="quiet" className="mr-auto" onClick={() => setIsRemoving(true)}>
            Remove key
          </Button>
        )}
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" disabled={isNeeded && !key.trim()} isBusy={isPending}>
          Store key
        </Button>
      </DialogActions>
    </form>
  );
  return (
    <>
      {form}
      <ConfirmDialog
        isOpen={isRemoving}
        title={`Remove the key ${name} of ${provider.id}?`}
        confirmLabel="Remove key"
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ id: provider.id, name }, done(`The key ${name} of ${provider.id} is removed`))}
        onClose={() => {
          remove.reset();
          setIsRemoving(false);
        }}
      >
        <p>It is deleted from this machine, and Corvus cannot show it again: to use it once more, enter it.</p>
      </ConfirmDialog>
    </>
  );
}

function useKeyCommands() {
  const add = useCorvusCommand('providers.add-key');
  const change = useCorvusCommand('providers.change-key');
  const remove = useCorvusCommand('providers.remove-key');
  return {
    add,
    change,
    remove,
    isPending: add.isPending || change.isPending,
    error: add.error ?? change.error,
  };
}

/** The first key is `main`, the next ones are numbered. */
function freeName({ keys }: Provider): string {
  if (!keys.some(({ name }) => name === firstKeyName)) return firstKeyName;
  const numbers = keys.map((_key, index) => `key-${index + 2}`);
  return numbers.find((candidate) => !keys.some(({ name }) => name === candidate)) ?? '';
}
