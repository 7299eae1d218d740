import { useState } from 'react';
import type { Settings } from '#shared/contract/settings.ts';
import { useChangeSettings } from './use-change-settings.ts';

/** Changes of settings that delete what is stored wait for a yes: one key on a closed list of choices is a choice already. */
export function useLessKept() {
  const change = useChangeSettings();
  const [waiting, setWaiting] = useState<Partial<Settings> | null>(null);
  return {
    asked: waiting !== null,
    ask(wanted: Partial<Settings>, deletes: boolean) {
      if (deletes) setWaiting(wanted);
      else change(wanted);
    },
    answer(isYes: boolean) {
      if (isYes && waiting) change(waiting);
      setWaiting(null);
    },
  };
}
