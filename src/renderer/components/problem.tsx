import { CircleAlert, RotateCcw } from 'lucide-react';
import type { CallError } from '../lib/call-error.ts';
import { Button } from './button.tsx';

/** What went wrong, in a sentence, and a possible next step. */
export function Problem({
  error,
  title = 'This could not be loaded',
  onRetry,
}: {
  error: CallError;
  title?: string;
  onRetry?: () => void;
}) {
  return (
    <div
      role="alert"
      className="flex flex-wrap items-start gap-3 rounded-xl border border-line bg-bad-soft px-4 py-3 text-sm"
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4.5 shrink-0 text-bad" />
      <div className="min-w-40 flex-1">
        <p className="font-medium">{title}</p>
        <p className="break-words text-ink-2">{error.message}</p>
      </div>
      {onRetry && (
        <Button size="small" icon={<RotateCcw aria-hidden />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A refusal inside a form, beside the button that caused it. */
export function InlineProblem({ error }: { error: Pick<CallError, 'message'> | null }) {
  return (
    <p role="alert" className="text-sm break-words text-bad empty:hidden">
      {error?.message}
    </p>
  );
}
