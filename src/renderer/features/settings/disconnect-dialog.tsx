import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useCorvusCommand } from '../../lib/query.ts';

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
