import { ConnectAccountForm } from '../../components/connect-account-form.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { showToast } from '../../components/toast.ts';

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
