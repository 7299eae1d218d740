import { useState } from 'react';
import type { Provider } from '#shared/domain/provider.ts';
import { AddedProvider } from '../../components/add-key/added-provider.tsx';
import { FoundKeys } from '../../components/add-key/found-keys.tsx';
import { PasteKeyForm } from '../../components/add-key/paste-key-form.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { useProvidersStore } from './providers-store.ts';

/** From a key alone: whose it is, whether it works, and which models come with it. */
export function PasteKeyDialog() {
  const { dialog, close } = useProvidersStore();
  const [added, setAdded] = useState<readonly Provider['id'][]>([]);
  function leave() {
    setAdded([]);
    close();
  }
  return (
    <Dialog
      isOpen={dialog.kind === 'paste'}
      title="Paste a key"
      description="Its provider is recognised and tested at once."
      onClose={leave}
    >
      <div className="flex flex-col gap-5">
        <PasteKeyForm key={added.length} onAdded={(id) => setAdded((before) => [...before, id])} />
        <FoundKeys onAdded={(id) => setAdded((before) => [...before, id])} />
        {added.map((id) => (
          <AddedProvider key={id} id={id} />
        ))}
      </div>
      <DialogActions>
        <Button onClick={leave}>Done</Button>
      </DialogActions>
    </Dialog>
  );
}
