import { type ReactNode, useId } from 'react';
import { classNames } from '../lib/class-names.ts';

interface CardProps {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** No padding around the content: for tables. */
  isFlush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A titled part of a page. */
export function Card({ title, description, actions, isFlush = false, className, children }: CardProps) {
  const titleId = useId();
  return (
    <section
      aria-labelledby={title ? titleId : undefined}
      className={classNames('min-w-0 rounded-xl border border-line bg-surface shadow-card', className)}
    >
      {(title || actions) && (
        <div
          className={classNames(
            'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 pt-3.5',
            // As high as a button, so that the titles of adjacent cards align, with or without buttons.
            !description && 'min-h-11.5',
          )}
        >
          <div className="min-w-0">
            {title && (
              <h2 id={titleId} className="text-[0.95rem] font-semibold">
                {title}
              </h2>
            )}
            {description && <p className="mt-0.5 text-sm text-ink-2">{description}</p>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </div>
      )}
      <div className={isFlush ? 'pt-3' : 'px-5 pt-3 pb-5'}>{children}</div>
    </section>
  );
}
