import { useState } from 'react';
import { type AccountConnection, defaultAccountBaseUrl } from '#shared/contract/account.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem, Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { ConnectAccountForm } from '../../components/connect-account-form.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { showToast } from '../../components/toast.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';

const modeTexts = {
  sandbox: {
    name: 'Play money',
    tone: 'play',
    text: 'A practice account inside this app. It costs nothing, and nothing leaves this machine.',
  },
  hosted: { name: 'Connected', tone: 'good', text: 'Prepaid requests are paid from your CorvusLLM account.' },
  none: { name: 'Not connected', tone: 'neutral', text: 'Requests go to your own providers only.' },
} as const;

/** What buys prepaid requests. */
export function AccountCard() {
  const account = useCorvusQuery('account.get', undefined, { refreshOn: ['account.changed'] });
  return (
    <Card
      title="Prepaid account"
      actions={
        account.data && <Badge tone={modeTexts[account.data.mode].tone}>{modeTexts[account.data.mode].name}</Badge>
      }
    >
      {account.isPending && <Skeleton className="h-24" />}
      {account.error && <Problem error={account.error} onRetry={() => void account.refetch()} />}
      {account.data && <Connection account={account.data} />}
    </Card>
  );
}

function Connection({ account }: { account: AccountConnection }) {
  const [dialog, setDialog] = useState<'connect' | 'disconnect' | null>(null);
  const useSandbox = useCorvusCommand('account.use-sandbox');
  return (
    <>
      <p className="text-sm text-ink-2">{modeTexts[account.mode].text}</p>
      {account.mode === 'hosted' && (
        <dl className="mt-3 grid grid-cols-[6rem_minmax(0,1fr)] gap-y-1.5 text-sm">
          <dt className="text-ink-3">Service</dt>
          <dd className="break-all">{account.baseUrl}</dd>
          <dt className="text-ink-3">Key</dt>
          <dd className="font-mono text-[0.8125rem] break-all">{account.keyHint ?? 'unknown'}</dd>
        </dl>
      )}
      <div className="mt-3 flex flex-col gap-2 empty:hidden">
        {account.hasAccountApi === false && (
          <Notice level="info" title="Balances are estimates">
            This service does not report a balance, so Corvus subtracts your spending from the last known one.
          </Notice>
        )}
        {account.problem && (
          <Notice level="warning" title="The account could not be reached">
            {account.problem}
          </Notice>
        )}
      </div>
      <InlineProblem error={useSandbox.error} />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button look={account.mode === 'hosted' ? 'secondary' : 'primary'} onClick={() => setDialog('connect')}>
          {account.mode === 'hosted' ? 'Change key' : 'Connect an account'}
        </Button>
        {account.mode !== 'sandbox' && (
          <Button isBusy={useSandbox.isPending} onClick={() => useSandbox.mutate(undefined)}>
            Use play money
          </Button>
        )}
        {account.mode !== 'none' && (
          <Button look="quiet" onClick={() => setDialog('disconnect')}>
            {account.mode === 'hosted' ? 'Disconnect' : 'Turn off play money'}
          </Button>
        )}
      </div>
      <ConnectDialog
        isOpen={dialog === 'connect'}
        baseUrl={account.baseUrl && account.mode === 'hosted' ? account.baseUrl : defaultAccountBaseUrl}
        onClose={() => setDialog(null)}
      />
      <DisconnectDialog
        isOpen={dialog === 'disconnect'}
        isHosted={account.mode === 'hosted'}
        onClose={() => setDialog(null)}
      />
    </>
  );
}

export function ConnectDialog({ isOpen, baseUrl, onClose }: { isOpen: boolean; baseUrl: string; onClose: () => void }) {
  function connected() {
    showToast({ tone: 'good', title: 'The account is connected' });
    onClose();
  }
  return (
    <Dialog
      isOpen={isOpen}
      title="Connect an account"
      description="The service checks the key before anything changes."
      onClose={onClose}
    >
      <ConnectAccountForm firstBaseUrl={baseUrl} onConnected={connected} onCancel={onClose} />
    </Dialog>
  );
}

export function DisconnectDialog({
  isOpen,
  isHosted,
  onClose,
}: {
  isOpen: boolean;
  isHosted: boolean;
  onClose: () => void;
}) {
  const disconnect = useCorvusCommand('account.disconnect');
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={isHosted ? 'Disconnect the account?' : 'Turn off play money?'}
      confirmLabel={isHosted ? 'Disconnect' : 'Turn off'}
      isBusy={disconnect.isPending}
      error={disconnect.error}
      onConfirm={() => disconnect.mutate(undefined, { onSuccess: onClose })}
      onClose={() => {
        disconnect.reset();
        onClose();
      }}
    >
      <p>
        {isHosted
          ? 'The key is deleted from this machine. Your balance stays with the service, and you can connect again with the same key.'
          : 'Requests then go to your own providers only. You can turn it on again.'}
      </p>
    </ConfirmDialog>
  );
}
