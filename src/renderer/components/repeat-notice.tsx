import { Link } from 'wouter';
import type { RepeatedRequest } from '#shared/domain/repeat.ts';
import { countText } from '../lib/format-number.ts';
import { useCorvusCommand } from '../lib/query.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';
import { InlineProblem } from './problem.tsx';
import { showToast } from './toast.ts';

/** The same request comes again and again: how often it was answered here, and the way to let it through. */
export function RepeatNotice({ repeated, isLinked = false }: { repeated: RepeatedRequest; isLinked?: boolean }) {
  const { requestId, localKeyLabel, model, answered, saved, errorCode, httpStatus, isHeld } = repeated;
  const what = errorCode ?? `HTTP ${httpStatus}`;
  return (
    <Notice
      level={isHeld ? 'warning' : 'info'}
      title={isHeld ? `${localKeyLabel} sends the same request again and again` : 'The same request came again'}
      action={isHeld && <LetThroughButton repeated={repeated} />}
    >
      <p>
        After <code className="font-mono text-xs">{what}</code>, Corvus answered {countText(answered)} more
        {model ? ` for ${model}` : ''} by itself and sent {answered === 1 ? 'it' : 'them'} nowhere
        {saved === null || saved === '0.00' ? '' : `; $${saved} at least were not spent`}.{' '}
        {isLinked && (
          <Link href={`/requests?id=${requestId}`} className="text-accent underline underline-offset-2">
            Show the request
          </Link>
        )}
      </p>
    </Notice>
  );
}

/** Sends the next one like it. */
export function LetThroughButton({ repeated: { requestId, localKeyLabel } }: { repeated: RepeatedRequest }) {
  const letThrough = useCorvusCommand('repeats.let-through');
  const done = () =>
    showToast({ tone: 'good', title: 'The next one is sent', text: `When ${localKeyLabel} sends it again.` });
  return (
    <span className="flex shrink-0 flex-col items-end gap-1">
      <Button
        size="small"
        aria-label={`Let it through: the request of ${localKeyLabel}`}
        isBusy={letThrough.isPending}
        onClick={() => letThrough.mutate({ id: requestId }, { onSuccess: done })}
      >
        Let it through
      </Button>
      <InlineProblem error={letThrough.error} />
    </span>
  );
}
