import { WifiOff } from 'lucide-react';
import { Notice } from '../components/notice.tsx';
import { useConnection, useCorvusQuery } from '../lib/query.ts';

/** What is wrong right now, above every page. */
export function Banners() {
  const connection = useConnection();
  const status = useCorvusQuery('app.status', undefined, { refreshOn: ['app.notices-changed', 'account.changed'] });
  const notices = status.data?.notices ?? [];
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
      {notices.map((notice) => (
        <Notice key={notice.id} level={notice.level} title={notice.title}>
          {notice.text}
        </Notice>
      ))}
    </div>
  );
}
