import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { showToast } from '../../components/toast.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { useProvidersStore } from './providers-store.ts';

export function RemoveProviderDialog() {
  const { dialog, close } = useProvidersStore();
  const remove = useCorvusCommand('providers.remove');
  const id = dialog.kind === 'remove' ? dialog.provider.id : null;

  function confirm() {
    if (id === null) return;
    remove.mutate(
      { id },
      {
        onSuccess: () => {
          showToast({ tone: 'good', title: `${id} is removed` });
          close();
        },
      },
    );
  }

  return (
    <ConfirmDialog
      isOpen={id !== null}
      title={`Remove ${id ?? 'this provider'}?`}
      confirmLabel="Remove provider"
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
      onClose={() => {
        remove.reset();
        close();
      }}
    >
      <p>
        Its keys are deleted from this machine, and local keys bound to it are refused until they are given another
        route. Past requests stay in the list.
      </p>
    </ConfirmDialog>
  );
}
