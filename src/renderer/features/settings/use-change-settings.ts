import { useQueryClient } from '@tanstack/react-query';
import type { Settings } from '#shared/contract/settings.ts';
import { showToast } from '../../components/toast.tsx';
import { useCorvusCommand } from '../../lib/query.ts';

const queryKey = ['settings.get', undefined];

/** Changes settings at once on the page, and back again if the core refuses. */
export function useChangeSettings(): (change: Partial<Settings>) => void {
  const client = useQueryClient();
  const set = useCorvusCommand('settings.set');
  return (change) => {
    const before = client.getQueryData<Settings>(queryKey);
    if (before) client.setQueryData(queryKey, { ...before, ...change });
    set.mutate(change, {
      onSuccess: (settings) => client.setQueryData(queryKey, settings),
      onError: (error) => {
        client.setQueryData(queryKey, before);
        showToast({ tone: 'bad', title: 'The setting was not kept', text: error.message });
      },
    });
  };
}
