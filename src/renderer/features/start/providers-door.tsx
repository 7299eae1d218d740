import { useEffect, useRef, useState } from 'react';
import type { Provider } from '#shared/domain/provider.ts';
import { AddedProvider } from '../../components/add-key/added-provider.tsx';
import { FoundKeys } from '../../components/add-key/found-keys.tsx';
import { PasteKeyForm } from '../../components/add-key/paste-key-form.tsx';
import { Button } from '../../components/button.tsx';
import { useCorvusQuery } from '../../lib/query.ts';

/** Adds provider keys, pasted or found on this machine, each tested at once. */
export function ProvidersDoor({ onReady }: { onReady: () => void }) {
  const providers = useCorvusQuery('providers.list', undefined, { refreshOn: ['providers.changed'] });
  const [added, setAdded] = useState<readonly Provider['id'][]>([]);
  const next = useRef<HTMLButtonElement>(null);
  const note = (id: Provider['id']) => setAdded((before) => [...before, id]);
  // What comes next, for a person who uses the keyboard.
  useEffect(() => {
    if (added.length > 0) next.current?.focus();
  }, [added.length]);
  const hasAny = added.length > 0 || (providers.data ?? []).length > 0;
  return (
    <div className="flex flex-col gap-5">
      {/* A new form for the next key. */}
      <PasteKeyForm key={added.length} onAdded={note} />
      <FoundKeys onAdded={note} />
      {added.map((id) => (
        <AddedProvider key={id} id={id} />
      ))}
      {hasAny && (
        <Button ref={next} look="primary" className="self-start" onClick={onReady}>
          Go on with {added.length > 0 ? 'these models' : 'the providers that are set up'}
        </Button>
      )}
    </div>
  );
}
