import { TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import type { Output } from '#shared/contract/contract.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { routeOptions } from './route-options.ts';
import { SnippetTabs } from './snippet-tabs.tsx';

/** Makes a key, then shows its secret: once. */
export function CreateKeyDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<Output<'keys.create'> | null>(null);
  function close() {
    setCreated(null);
    onClose();
  }
  if (created) {
    return (
      <Dialog
        isOpen={isOpen}
        isSticky
        title={`Key for ${created.key.label}`}
        onClose={close}
        className="w-[min(40rem,calc(100vw-2rem))]"
      >
        <SecretOnce secret={created.secret} onDone={close} />
      </Dialog>
    );
  }
  return (
    <Dialog isOpen={isOpen} title="Create a key" description="Name it after the tool that will use it." onClose={close}>
      <CreateKeyForm onCreated={setCreated} onCancel={close} />
    </Dialog>
  );
}

function CreateKeyForm({
  onCreated,
  onCancel,
}: {
  onCreated: (created: Output<'keys.create'>) => void;
  onCancel: () => void;
}) {
  const [label, setLabel] = useState('');
  const [route, setRoute] = useState('auto');
  const providers = useCorvusQuery('providers.list', undefined);
  const create = useCorvusCommand('keys.create');
  const isNamed = label.trim() !== '';
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submission) => {
        submission.preventDefault();
        if (isNamed) create.mutate({ label: label.trim(), route }, { onSuccess: onCreated });
      }}
    >
      <Field label="Name" hint="For example: editor, nightly tests">
        {(ids) => (
          <TextInput
            {...ids}
            autoFocus
            maxLength={80}
            value={label}
            onChange={(change) => setLabel(change.target.value)}
          />
        )}
      </Field>
      <Field label="Where its requests may go" hint="Automatic: your own providers first, then the prepaid account.">
        {(ids) => <Select {...ids} value={route} options={routeOptions(providers.data ?? [])} onValue={setRoute} />}
      </Field>
      <FormActions label="Create key" isReady={isNamed} call={create} onCancel={onCancel} />
    </form>
  );
}

function SecretOnce({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <>
      <p className="mb-3 flex items-center gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm">
        <TriangleAlert aria-hidden className="size-4 shrink-0 text-warn" />
        Copy it now. It is shown this once and cannot be read again.
      </p>
      <div className="mb-5 flex items-center gap-3 rounded-lg border border-line-strong bg-inset py-2 pr-2 pl-3">
        <output aria-label="Secret key" className="min-w-0 flex-1 font-mono text-sm break-all select-all">
          {secret}
        </output>
        <CopyButton text={secret} label="Copy secret key" look="primary">
          Copy
        </CopyButton>
      </div>
      <SnippetTabs secret={secret} />
      <DialogActions>
        <Button look="primary" onClick={onDone}>
          I have copied it
        </Button>
      </DialogActions>
    </>
  );
}
