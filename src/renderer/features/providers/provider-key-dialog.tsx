import { useState } from 'react';
import type { Provider } from '#shared/domain/provider.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { showToast } from '../../components/toast.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { useProvidersStore } from './providers-store.ts';

/** Puts a new key in the place of the stored one, or takes it away. */
export function ProviderKeyDialog() {
  const { dialog, close } = useProvidersStore();
  return (
    <Dialog
      isOpen={dialog.kind === 'key'}
      title={dialog.kind === 'key' ? `Key for ${dialog.provider.id}` : 'Key'}
      description="The stored key is never shown."
      onClose={close}
    >
      {dialog.kind === 'key' && <KeyForm provider={dialog.provider} onDone={close} />}
    </Dialog>
  );
}

function KeyForm({ provider, onDone }: { provider: Provider; onDone: () => void }) {
  const [key, setKey] = useState('');
  const setProviderKey = useCorvusCommand('providers.set-key');
  const save = (value: string | null, title: string) =>
    setProviderKey.mutate(
      { id: provider.id, key: value },
      {
        onSuccess: () => {
          showToast({ tone: 'good', title });
          onDone();
        },
      },
    );
  return (
    <form
      onSubmit={(submission) => {
        submission.preventDefault();
        if (key.trim()) save(key, `The key of ${provider.id} is stored`);
      }}
    >
      <Field label="New key">
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            autoComplete="new-password"
            autoFocus
            maxLength={4096}
            value={key}
            onChange={(change) => setKey(change.target.value)}
          />
        )}
      </Field>
      <InlineProblem error={setProviderKey.error} />
      <DialogActions>
        {provider.keyHint && (
          <Button
            look="quiet"
            className="mr-auto"
            isBusy={setProviderKey.isPending}
            onClick={() => save(null, `The key of ${provider.id} is removed`)}
          >
            Remove key
          </Button>
        )}
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" disabled={!key.trim()} isBusy={setProviderKey.isPending}>
          Store key
        </Button>
      </DialogActions>
    </form>
  );
}
