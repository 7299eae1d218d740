import { Cable, ClipboardPaste, Plus } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { useUsageBy } from '../../lib/use-usage-by.ts';
import { AddProviderDialog } from './add-provider-dialog.tsx';
import { LocalServers } from './local-servers.tsx';
import { PasteKeyDialog } from './paste-key-dialog.tsx';
import { ProviderCard } from './provider-card.tsx';
import { ProviderKeyDialog } from './provider-key-dialog.tsx';
import { ProviderProxyDialog } from './provider-proxy-dialog.tsx';
import { useProvidersStore } from './providers-store.ts';
import { RemoveProviderDialog } from './remove-provider-dialog.tsx';

export function ProvidersPage() {
  const providers = useCorvusQuery('providers.list', undefined, { refreshOn: ['providers.changed'] });
  const catalogue = useCorvusQuery('providers.catalogue', undefined);
  const usageOf = useUsageBy('provider');
  const { open, close } = useProvidersStore();
  const { mutate: refreshBalances } = useCorvusCommand('providers.refresh-balances');
  // What there is to tell comes back as an event, like every other change.
  useEffect(() => refreshBalances(undefined), [refreshBalances]);
  // A dialog that was left with Back must not wait for the next visit.
  useEffect(() => close, [close]);
  const nameOf = (kind: string) => catalogue.data?.find((known) => known.kind === kind)?.name ?? null;
  const addButtons = (
    <div className="flex flex-wrap gap-2">
      <Button icon={<ClipboardPaste aria-hidden />} onClick={() => open({ kind: 'paste' })}>
        Paste a key
      </Button>
      <Button look="primary" icon={<Plus aria-hidden />} onClick={() => open({ kind: 'add' })}>
        Add a provider
      </Button>
    </div>
  );
  return (
    <Page
      title="Providers"
      description="Companies and model servers that you use with your own API keys. They bill you directly; nothing is taken from your balance."
      actions={providers.data && providers.data.length > 0 && addButtons}
    >
      {providers.isPending && (
        <div role="status" aria-label="Loading providers" className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          <Skeleton className="h-48 rounded-xl" />
          <Skeleton className="h-48 rounded-xl" />
        </div>
      )}
      {providers.error && <Problem error={providers.error} onRetry={() => void providers.refetch()} />}
      {providers.data && <LocalServers takenIds={providers.data.map(({ id }) => id)} />}
      {providers.data?.length === 0 && (
        <div className="rounded-xl border border-line bg-surface">
          <EmptyState icon={<Cable />} title="No providers yet" action={addButtons}>
            Paste an API key, and Corvus finds out whose it is. Or choose a known provider, or enter the address of any
            other.
          </EmptyState>
        </div>
      )}
      {providers.data && providers.data.length > 0 && (
        <ul aria-label="Providers" className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          {providers.data.map((provider) => (
            <ProviderCard
              key={provider.id}
              provider={provider}
              kindName={nameOf(provider.kind)}
              usage={usageOf(provider.id)}
            />
          ))}
        </ul>
      )}
      <AddProviderDialog />
      <PasteKeyDialog />
      <ProviderKeyDialog />
      <ProviderProxyDialog />
      <RemoveProviderDialog />
    </Page>
  );
}
