import { LoopNotice } from '../components/loop-notice.tsx';
import { useCorvusQuery } from '../lib/query.ts';
import { useNow } from '../lib/use-now.ts';

/** A loop that ended is no longer wrong right now. */
const shownForMs = 600_000;
const mostShown = 2;

/** Agents that repeat a tool call right now. */
export function LoopBanners() {
  const { data } = useCorvusQuery('loops.list', undefined, { refreshOn: ['loops.changed'] });
  const nowMs = useNow();
  const current = data?.filter(({ state, lastAtMs }) => state !== 'let-through' && nowMs - lastAtMs < shownForMs) ?? [];
  return current.slice(0, mostShown).map((loop) => <LoopNotice key={loop.id} loop={loop} />);
}
