import { useEffect } from 'react';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusCommand } from '../../lib/query.ts';

/** Turns play money on, where it is not, and goes on. */
export function PlayMoneyDoor({ onReady }: { onReady: () => void }) {
  const { mutate, error } = useCorvusCommand('account.use-sandbox');
  const start = () => mutate(undefined, { onSuccess: onReady });
  // Once, as the step appears.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useEffect(start, []);
  return error ? (
    <Problem error={error} title="Play money could not be started" onRetry={start} />
  ) : (
    <SkeletonRows rows={2} label="Starting play money" />
  );
}
