import { useState } from 'react';
import { accountContract } from '#shared/contract/account.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { showToast } from '../../components/toast.tsx';
import { useCorvusCommand } from '../../lib/query.ts';

export function ConnectDialog({ isOpen, baseUrl, onClose }: { isOpen: boolean; baseUrl: string; onClose: () => void }) {
  return (
    <Dialog isOpen={isOpen} title="Connect an account" description="The service checks the key before anything changes." onClose={onClose}>
      <ConnectForm firstBaseUrl={baseUrl} onDone={onClose} />
    </Dialog>
  );
}

function ConnectForm({ firstBaseUrl, onDone }: { firstBaseUrl: string; onDone: () => void }) {
  const [baseUrl, setBaseUrl] = useState(firstBaseUrl);
  const [customerKey, setCustomerKey] = useState('');
  const connect = useCorvusCommand('account.connect');
  const { shape } = accountContract['account.connect'].input;
  const isUrlRight = shape.baseUrl.safeParse(baseUrl.trim()).success;
  const isKeyRight = shape.customerKey.safeParse(customerKey).success;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(submission) => {
        submission.preventDefault();
        if (!isUrlRight || !isKeyRight) return;
        connect.mutate(
          { baseUrl: baseUrl.trim(), customerKey: customerKey.trim() },
          {
            onSuccess: () => {
              showToast({ tone: 'good', title: 'The account is connected' });
              onDone();
            },
          },
        );
      }}
    >
      <Field label="Customer key" hint="Starts with sk-corvus-. Find it in your CorvusLLM dashboard.">
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            autoComplete="new-password"
            autoFocus
            maxLength={512}
            value={customerKey}
            onChange={(change) => setCustomerKey(change.target.value)}
          />
        )}
      </Field>
      <Field label="Service address" error={isUrlRight ? null : 'Enter an address that begins with https:// or http://.'}>
        {(ids) => <TextInput {...ids} inputMode="url" value={baseUrl} onChange={(change) => setBaseUrl(change.target.value)} />}
      </Field>
      <InlineProblem error={connect.error} />
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" disabled={!isUrlRight || !isKeyRight} isBusy={connect.isPending}>
          {connect.isPending ? 'Checking the key…' : 'Connect'}
        </Button>
      </DialogActions>
    </form>
  );
}
