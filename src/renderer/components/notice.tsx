import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';

const looks = {
  info: { Icon: Info, box: 'bg-accent-soft', icon: 'text-accent' },
  warning: { Icon: TriangleAlert, box: 'bg-warn-soft', icon: 'text-warn' },
  error: { Icon: CircleAlert, box: 'bg-bad-soft', icon: 'text-bad' },
} as const;

/** Information to read before continuing. */
export function Notice({
  level,
  title,
  children,
  action,
}: {
  level: keyof typeof looks;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const { Icon, box, icon } = looks[level];
  return (
    <div className={classNames('flex flex-wrap items-start gap-3 rounded-xl px-4 py-3 text-sm', box)}>
      <Icon aria-hidden className={classNames('mt-0.5 size-4.5 shrink-0', icon)} />
      <div className="min-w-40 flex-1">
        <p className="font-medium wrap-anywhere">{title}</p>
        {children && <div className="break-words text-ink-2">{children}</div>}
      </div>
      {action}
    </div>
  );
}
