import { type ReactNode, useState } from 'react';
import type { KnownProvider } from '#shared/domain/provider.ts';
import { Button } from '../../../src/renderer/components/button.tsx';
import { ConfirmDialog } from '../../../src/renderer/components/confirm-dialog.tsx';
import { Dialog, DialogActions } from '../../../src/renderer/components/dialog.tsx';
import { showToast } from '../../../src/renderer/components/toast.ts';
import { CreateKeyDialog } from '../../../src/renderer/features/keys/create-key-dialog.tsx';
import { LimitsDialog } from '../../../src/renderer/features/keys/limits-dialog.tsx';
import { PriceDialog } from '../../../src/renderer/features/models/price-dialog.tsx';
import { PlanDialog } from '../../../src/renderer/features/plans/plan-dialog.tsx';
import { RuleDialog } from '../../../src/renderer/features/plans/rule-dialog.tsx';
import { AddProviderDialog } from '../../../src/renderer/features/providers/add-provider-dialog.tsx';
import { ProviderKeyDialog } from '../../../src/renderer/features/providers/provider-key-dialog.tsx';
import { ProviderProxyDialog } from '../../../src/renderer/features/providers/provider-proxy-dialog.tsx';
import { useProvidersStore } from '../../../src/renderer/features/providers/providers-store.ts';
import { PasteKeyDialog } from '../../../src/renderer/features/providers/paste-key-dialog.tsx';
import { RemoveProviderDialog } from '../../../src/renderer/features/providers/remove-provider-dialog.tsx';
import { ConnectDialog, DisconnectDialog } from '../../../src/renderer/features/settings/account-card.tsx';
import { CallError } from '../../../src/renderer/lib/call-error.ts';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { localKey, longText, provider } from '../samples.ts';

const routing = { plans: [], rules: [] };
const failure = new CallError({
  code: 'conflict',
  message: 'Two requests are running with this key. Wait for them to end.',
});
const kinds: KnownProvider[] = (['OpenAI', 'Anthropic', 'Ollama'] as const).map((name) => ({
  kind: name.toLowerCase(),
  name,
  keyUrl: null,
  environmentVariable: null,
  keyPattern: null,
  baseUrl: `https://api.${name.toLowerCase()}.example/v1`,
  isLocal: name === 'Ollama',
  dialects: ['openai-chat'],
}));

function Opened({ children }: { children: (isOpen: boolean, close: () => void) => ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Open</Button>
      {children(isOpen, () => setIsOpen(false))}
    </>
  );
}

/** @param children the dialog, once for all entries that open it: they share the store that says so */
function OpenProvider({
  dialog,
  children,
}: {
  dialog: Parameters<ReturnType<typeof useProvidersStore.getState>['open']>[0];
  children?: ReactNode;
}) {
  const open = useProvidersStore((state) => state.open);
  return (
    <>
      <Button onClick={() => open(dialog)}>Open</Button>
      {children}
    </>
  );
}

export const overlays: Group = {
  id: 'overlays',
  name: 'Dialogs and toasts',
  entries: [
    entry(
      'Dialog, long',
      <Opened>
        {(isOpen, close) => (
          <Dialog isOpen={isOpen} title={longText} description={longText} onClose={close}>
            <p>{`${longText} `.repeat(60)}</p>
            <DialogActions>
              <Button onClick={close}>Cancel</Button>
            </DialogActions>
          </Dialog>
        )}
      </Opened>,
    ),
    entry(
      'Confirmation, refused',
      <Opened>
        {(isOpen, close) => (
          <ConfirmDialog
            isOpen={isOpen}
            title="Revoke Editor?"
            confirmLabel="Revoke key"
            isBusy={false}
            error={failure}
            onConfirm={close}
            onClose={close}
          >
            <p>The tool that uses it is refused from its next request on.</p>
          </ConfirmDialog>
        )}
      </Opened>,
    ),
    entry('Create a key', <Opened>{(isOpen, close) => <CreateKeyDialog isOpen={isOpen} onClose={close} />}</Opened>),
    entry(
      'Limits of a key',
      <Opened>{(isOpen, close) => isOpen && <LimitsDialog localKey={localKey(1)} onClose={close} />}</Opened>,
    ),
    entry(
      'Price of a model',
      <Opened>
        {(isOpen, close) =>
          isOpen && (
            <PriceDialog draft={{ model: longText, provider: 'acme', prices: { input: '0.1' } }} onClose={close} />
          )
        }
      </Opened>,
    ),
    entry(
      'Connect an account',
      <Opened>
        {(isOpen, close) => <ConnectDialog isOpen={isOpen} baseUrl="https://base.corvusllm.com" onClose={close} />}
      </Opened>,
    ),
    entry(
      'Disconnect the account',
      <Opened>{(isOpen, close) => <DisconnectDialog isOpen={isOpen} isHosted onClose={close} />}</Opened>,
    ),
    entry(
      'New plan',
      <Opened>{(isOpen, close) => isOpen && <PlanDialog routing={routing} plan={null} onClose={close} />}</Opened>,
    ),
    entry('New rule', <Opened>{(isOpen, close) => isOpen && <RuleDialog routing={routing} onClose={close} />}</Opened>),
    entry(
      'Add a provider',
      <OpenProvider dialog={{ kind: 'add' }}>
        <AddProviderDialog />
      </OpenProvider>,
      answer('providers.catalogue', undefined, kinds),
      answer('providers.list', undefined, []),
    ),
    entry(
      'Paste a key',
      <OpenProvider dialog={{ kind: 'paste' }}>
        <PasteKeyDialog />
      </OpenProvider>,
      answer('providers.catalogue', undefined, kinds),
      answer('providers.list', undefined, []),
    ),
    entry(
      'Key of a provider',
      <OpenProvider dialog={{ kind: 'key', provider: provider(), key: provider().keys[0] ?? null }}>
        <ProviderKeyDialog />
      </OpenProvider>,
    ),
    entry('One more key for a provider', <OpenProvider dialog={{ kind: 'key', provider: provider(), key: null }} />),
    ...[
      { use: 'environment' as const },
      { use: 'proxy' as const, url: 'http://proxy.example.com:3128', noProxy: '.example.com', hasLogin: true },
    ].map((proxy, index) =>
      entry(
        `Proxy of a provider, ${proxy.use}`,
        <OpenProvider dialog={{ kind: 'proxy', provider: provider({ proxy }) }}>
          {index === 0 && <ProviderProxyDialog />}
        </OpenProvider>,
      ),
    ),
    entry(
      'Remove a provider',
      <OpenProvider dialog={{ kind: 'remove', provider: provider() }}>
        <RemoveProviderDialog />
      </OpenProvider>,
    ),
    ...(['good', 'bad', 'neutral'] as const).map((tone) =>
      entry(
        `Toast, ${tone}`,
        <Button onClick={() => showToast({ tone, title: 'The account is connected', text: longText })}>Show</Button>,
      ),
    ),
  ],
};
