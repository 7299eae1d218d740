import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { customKind } from '#shared/domain/provider.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { AddProviderForm } from './add-provider-form.tsx';
import { KindPicker } from './kind-picker.tsx';
import { useProvidersStore } from './providers-store.ts';

/** First asks for the kind, then for what only the owner knows. */
export function AddProviderDialog() {
  const { dialog, close } = useProvidersStore();
  const [picked, setPicked] = useState<string | null>(null);
  const catalogue = useCorvusQuery('providers.catalogue', undefined);
  const known = catalogue.data?.find(({ kind }) => kind === picked) ?? null;
  const isOpen = dialog.kind === 'add';

  function leave() {
    setPicked(null);
    close();
  }

  if (picked === null) {
    return (
      <Dialog
        isOpen={isOpen}
        title="Add a provider"
        description="A company whose API key you have, or your own model server."
        onClose={leave}
      >
        {catalogue.isPending && <Skeleton className="h-64 rounded-xl" />}
        {catalogue.error && <Problem error={catalogue.error} onRetry={() => void catalogue.refetch()} />}
        {catalogue.data && <KindPicker kinds={catalogue.data} onPick={setPicked} />}
      </Dialog>
    );
  }
  return (
    <Dialog
      isOpen={isOpen}
      title={picked === customKind ? 'Add another provider' : `Add ${known?.name ?? picked}`}
      description={
        known?.isLocal
          ? 'Requests to your own server cost nothing. If it needs a key, add it afterwards.'
          : 'The key is stored on this machine only and sent to this address only.'
      }
      onClose={leave}
    >
      <Button
        size="small"
        look="quiet"
        icon={<ArrowLeft aria-hidden />}
        className="-mt-2 mb-3 -ml-2"
        onClick={() => setPicked(null)}
      >
        All providers
      </Button>
      <AddProviderForm key={picked} known={known} onDone={leave} />
    </Dialog>
  );
}
