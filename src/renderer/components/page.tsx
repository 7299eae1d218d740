import { type ReactNode, useEffect } from 'react';
import { classNames } from '../lib/class-names.ts';

interface PageProps {
  title: string;
  description?: string;
  actions?: ReactNode;
  /** The page fills the window and scrolls inside itself. */
  isFilling?: boolean;
  children: ReactNode;
}

/** The frame of every page: one heading, what can be done, the content. */
export function Page({ title, description, actions, isFilling = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Corvus`;
  }, [title]);
  return (
    <div
      className={classNames(
        'mx-auto flex w-full flex-col gap-5 px-5 pt-6 lg:px-8',
        isFilling ? 'h-full pb-0' : 'max-w-[92rem] pb-12',
      )}
    >
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 md:flex-nowrap">
        <div className="min-w-0">
          <h1 className="text-[1.55rem] leading-9 font-semibold tracking-tight">{title}</h1>
          {description && <p className="mt-1 max-w-3xl text-ink-2">{description}</p>}
        </div>
        {actions && <div className="flex min-h-9 min-w-0 flex-wrap items-center gap-2 md:shrink-0">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
