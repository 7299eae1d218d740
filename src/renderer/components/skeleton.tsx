import { classNames } from '../lib/class-names.ts';

/** A placeholder while content is loading. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classNames('animate-breathe rounded-md bg-inset', className)} />;
}

export function SkeletonRows({ rows = 5, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-2.5 px-5 py-4">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-7 w-full" />
      ))}
    </div>
  );
}
