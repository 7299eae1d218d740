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
        // Shown at once, not with the next refresh: a change writes all that is shown, and would take this one back.
        client.setQueryData(['routing.get', undefined], stored);
        onSuccess();
      },
    });
  }
  return { routing, save, change };
}
