import { useState } from 'react';
import type { Provider } from '#shared/domain/provider.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { draftOf, ProxyFields, proxyOf } from '../../components/proxy-fields.tsx';
import { showToast } from '../../components/toast.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { useProvidersStore } from './providers-store.ts';

/** By which proxy one provider is reached, where that differs from Settings. */
export function ProviderProxyDialog() {
  const { dialog, close } = useProvidersStore();
  return (
    <Dialog
      isOpen={dialog.kind === 'proxy'}
      title={dialog.kind === 'proxy' ? `Proxy for ${dialog.provider.id}` : 'Proxy'}
      description="For this provider only. For everything else: Settings, Network."
      onClose={close}
    >
      {dialog.kind === 'proxy' && <ProxyForm provider={dialog.provider} onDone={close} />}
    </Dialog>
  );
}

function ProxyForm({ provider: { id, proxy }, onDone }: { provider: Provider; onDone: () => void }) {
  const [draft, setDraft] = useState(draftOf(proxy));
  const setProxy = useCorvusCommand('providers.set-proxy');
  const save = () =>
    setProxy.mutate(
      { id, proxy: proxyOf(draft) },
      {
        onSuccess: () => {
          showToast({ tone: 'good', title: `The proxy of ${id} is stored` });
          onDone();
        },
      },
    );
  return (
    <form
      onSubmit={(submission) => {
        submission.preventDefault();
        save();
      }}
    >
      <ProxyFields
        draft={draft}
        onDraft={setDraft}
        hasLogin={proxy.use === 'proxy' && proxy.hasLogin}
        usual="As in Settings"
      />
      <InlineProblem error={setProxy.error} />
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button
          type="submit"
          look="primary"
          isBusy={setProxy.isPending}
          disabled={draft.use === 'proxy' && draft.url.trim() === ''}
        >
          Store proxy
        </Button>
      </DialogActions>
    </form>
  );
}
