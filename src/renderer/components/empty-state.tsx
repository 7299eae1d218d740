import type { ReactNode } from 'react';

/** For an empty list: what will appear here, and what to do. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center justify-center px-6 py-12 text-center">
      <div
        aria-hidden
        className="mb-3 flex size-11 items-center justify-center rounded-full bg-inset text-ink-3 [&_svg]:size-5"
      >
        {icon}
      </div>
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 max-w-md text-sm text-ink-2">{children}</div>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}
