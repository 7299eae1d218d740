import { WifiOff } from 'lucide-react';
import { Notice } from '../components/notice.tsx';
import { RepeatNotice } from '../components/repeat-notice.tsx';
import { useConnection, useCorvusQuery } from '../lib/query.ts';
import { useNow } from '../lib/use-now.ts';
import { LoopBanners } from './loop-banners.tsx';
import { ParkedBanners } from './parked-banners.tsx';

/** A loop that ended is no longer wrong right now. */
const shownForMs = 600_000;
const mostRepeats = 2;

/** What is wrong right now, above every page. */
export function Banners() {
  const connection = useConnection();
  const status = useCorvusQuery('app.status', undefined, { refreshOn: ['app.notices-changed', 'account.changed'] });
  const notices = status.data?.notices ?? [];
  const repeats = useCorvusQuery('repeats.list', undefined, { refreshOn: ['repeats.changed'] });
  const nowMs = useNow();
  const held = repeats.data?.requests.filter(({ isHeld, lastAtMs }) => isHeld && nowMs - lastAtMs < shownForMs) ?? [];
  return (
    <div role="status" className="mx-auto flex w-full max-w-[92rem] flex-col gap-2 px-5 pt-4 empty:hidden lg:px-8">
      {connection === 'lost' && (
        <div className="flex items-center gap-3 rounded-xl bg-warn-soft px-4 py-3 text-sm">
          <WifiOff aria-hidden className="size-4.5 shrink-0 text-warn" />
          <p>
            <span className="font-medium">Can't reach Corvus.</span>{' '}
            <span className="text-ink-2">Showing the last data; reconnecting…</span>
          </p>
        </div>
      )}
      <ParkedBanners />
      <LoopBanners />
      {held.slice(0, mostRepeats).map((repeated) => (
        <RepeatNotice key={repeated.requestId} repeated={repeated} isLinked />
      ))}
      {notices.map((notice) => (
        <Notice key={notice.id} level={notice.level} title={notice.title}>
          {notice.text}
        </Notice>
      ))}
    </div>
  );
}
