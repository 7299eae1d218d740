import { WifiOff } from 'lucide-react';
import type { ParkedRequest } from '#shared/account/parked-request.ts';
import { LoopNotice } from '../components/loop-notice.tsx';
import { Notice } from '../components/notice.tsx';
import { ParkedNotice } from '../components/parked-notice.tsx';
import { RepeatNotice } from '../components/repeat-notice.tsx';
import { useConnection, useCorvusQuery } from '../lib/query.ts';
import { useNow } from '../lib/use-now.ts';

/** A loop that has ended is no longer shown. */
const shownForMs = 600_000;
const mostShown = 2;

/** The current problems, shown above every page. */
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
      {held.slice(0, mostShown).map((repeated) => (
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

/** Agents that repeat a tool call right now. */
function LoopBanners() {
  const { data } = useCorvusQuery('loops.list', undefined, { refreshOn: ['loops.changed'] });
  const nowMs = useNow();
  const current = data?.filter(({ state, lastAtMs }) => state !== 'let-through' && nowMs - lastAtMs < shownForMs) ?? [];
  return current.slice(0, mostShown).map((loop) => <LoopNotice key={loop.id} loop={loop} />);
}

/** Requests that wait for money, by what they wait for. */
function ParkedBanners() {
  const parked = useCorvusQuery('parked.list', undefined, { refreshOn: ['parked.changed'] });
  const envelopes = useCorvusQuery('envelopes.list', undefined, { refreshOn: ['envelopes.changed'] });
  const groups = Object.groupBy(parked.data ?? [], ({ awaits }: ParkedRequest) =>
    awaits.kind === 'envelope' ? awaits.id : awaits.kind,
  );
  return Object.entries(groups).map(([cause, requests = []]) => (
    <ParkedNotice key={cause} requests={requests} envelope={envelopes.data?.find(({ id }) => id === cause) ?? null} />
  ));
}
