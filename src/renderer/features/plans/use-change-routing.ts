import type { Routing } from '#shared/domain/routing.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

/** Plans and rules as they are kept, and a change of them. */
export function useRouting() {
  const routing = useCorvusQuery('routing.get', undefined, { refreshOn: ['routing.changed'] });
  const save = useCorvusCommand('routing.set');
  return { routing, save, change: (changed: Routing, onSuccess: () => void) => save.mutate(changed, { onSuccess }) };
}
