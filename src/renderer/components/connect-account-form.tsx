import { useState } from 'react';
import { accountContract } from '#shared/contract/account.ts';
import { Field, SecretInput, TextInput } from './field.tsx';
import { FormActions } from './form-actions.tsx';
import { useCorvusCommand } from '../lib/query.ts';

interface ConnectAccountFormProps {
  firstBaseUrl: string;
  /** A key that came with a link. */
  firstKey?: string;
  onConnected: () => void;
  onCancel: () => void;
}

/** Connects a prepaid account by its key, which the service checks first. */
export function ConnectAccountForm({ firstBaseUrl, firstKey = '', onConnected, onCancel }: ConnectAccountFormProps) {
  const [baseUrl, setBaseUrl] = useState(firstBaseUrl);
  const [customerKey, setCustomerKey] = useState(firstKey);
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
        connect.mutate({ baseUrl: baseUrl.trim(), customerKey: customerKey.trim() }, { onSuccess: onConnected });
      }}
    >
      <Field label="Customer key" hint="Starts with sk-corvus-. Find it in your CorvusLLM dashboard.">
        {(ids) => <SecretInput {...ids} autoFocus maxLength={512} value={customerKey} onValue={setCustomerKey} />}
      </Field>
      <Field
        label="Service address"
        error={isUrlRight ? null : 'Enter an address that begins with https:// or http://.'}
      >
        {(ids) => (
          <TextInput {...ids} inputMode="url" value={baseUrl} onChange={(change) => setBaseUrl(change.target.value)} />
        )}
      </Field>
      <FormActions
        label={connect.isPending ? 'Checking the key…' : 'Connect'}
        isReady={isUrlRight && isKeyRight}
        call={connect}
        onCancel={onCancel}
      />
    </form>
  );
}
