import { Cable, Plus } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { AddProviderDialog } from './add-provider-dialog.tsx';
import { ProviderCard } from './provider-card.tsx';
import { ProviderKeyDialog } from './provider-key-dialog.tsx';
import { useProvidersStore } from './providers-store.ts';
import { RemoveProviderDialog } from './remove-provider-dialog.tsx';

export function ProvidersPage() {
  const providers = useCorvusQuery('providers.list', undefined, { refreshOn: ['providers.changed'] });
  const open = useProvidersStore((state) => state.open);
  const addButton = (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => open({ kind: 'add' })}>
      Add a provider
    </Button>
  );
  return (
    <Page
      title="Providers"
      description="Places that answer with your own key, or a model server on this machine. They bill you directly; nothing is taken from your balance."
      actions={providers.data && providers.data.length > 0 && addButton}
    >
      {providers.isPending && (
        <div role="status" aria-label="Loading providers" className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          <Skeleton className="h-48 rounded-xl" />
          <Skeleton className="h-48 rounded-xl" />
        </div>
      )}
      {providers.error && <Problem error={providers.error} onRetry={() => void providers.refetch()} />}
      {providers.data?.length === 0 && (
        <div className="rounded-xl border border-line bg-surface">
          <EmptyState icon={<Cable />} title="No providers yet" action={addButton}>
            Add one to send requests with your own key. Anything that speaks the OpenAI or Anthropic format works, also on this machine.
          </EmptyState>
        </div>
      )}
      {providers.data && providers.data.length > 0 && (
        <ul aria-label="Providers" className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          {providers.data.map((provider) => (
            <ProviderCard key={provider.id} provider={provider} />
          ))}
        </ul>
      )}
      <AddProviderDialog />
      <ProviderKeyDialog />
      <RemoveProviderDialog />
    </Page>
  );
}
