import { lazy, Suspense } from 'react';
import { useCorvusQuery } from '../lib/query.ts';

const LinkDialog = lazy(async () => ({ default: (await import('./link-dialog.tsx')).LinkDialog }));

/** What a `corvusllm://` link wants to set, above every page. Nothing is applied before the person says so. */
export function PendingLink() {
  const pending = useCorvusQuery('links.pending', undefined, { refreshOn: ['links.changed'] }).data;
  return (
    pending && (
      <Suspense>
        <LinkDialog pending={pending} />
      </Suspense>
    )
  );
}
