import { useQueryClient } from '@tanstack/react-query';
import type { Routing } from '#shared/domain/routing.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

/** Plans and rules as they are kept, and a change of them. */
export function useRouting() {
  const client = useQueryClient();
  const routing = useCorvusQuery('routing.get', undefined, { refreshOn: ['routing.changed'] });
  const save = useCorvusCommand('routing.set');
  function change(changed: Routing, onSuccess: () => void): void {
    save.mutate(changed, {
      onSuccess(stored) {
        // Updates the shown state at once, not with the next refresh: each change writes everything that is shown, so
        // the next one would undo this one.
        client.setQueryData(['routing.get', undefined], stored);
        onSuccess();
      },
    });
  }
  return { routing, save, change };
}
