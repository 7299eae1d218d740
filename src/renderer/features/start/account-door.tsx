import { useState } from 'react';
import { defaultAccountBaseUrl } from '#shared/contract/account.ts';
import { Button } from '../../components/button.tsx';
import { ConnectAccountForm } from '../../components/connect-account-form.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';

/** Connects a CorvusLLM account, or goes on with the one that is connected. */
export function AccountDoor({ onReady, onCancel }: { onReady: () => void; onCancel: () => void }) {
  const account = useCorvusQuery('account.get', undefined, { refreshOn: ['account.changed'] });
  const [isEntering, setIsEntering] = useState(false);
  if (account.error) return <Problem error={account.error} onRetry={() => void account.refetch()} />;
  if (!account.data) return <SkeletonRows rows={2} label="Reading the account" />;
  // Once shown, the form stays until it says that it is done.
  if (!isEntering && account.data.mode !== 'hosted') setIsEntering(true);
  if (!isEntering) {
    return (
      <div className="flex flex-col items-start gap-3">
        <p className="text-sm text-ink-2">
          The account with the key {account.data.keyHint} at {account.data.baseUrl} is connected.
        </p>
        <div className="flex flex-wrap gap-2">
          <Button look="primary" autoFocus onClick={onReady}>
            Go on with it
          </Button>
          <Button onClick={() => setIsEntering(true)}>Use another key</Button>
        </div>
      </div>
    );
  }
  return <ConnectAccountForm firstBaseUrl={defaultAccountBaseUrl} onConnected={onReady} onCancel={onCancel} />;
}
