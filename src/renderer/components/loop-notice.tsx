import { Link } from 'wouter';
import type { ToolLoop } from '#shared/domain/tool-loop.ts';
import { countText } from '../lib/format-number.ts';
import { useCorvusCommand } from '../lib/query.ts';
import { Button } from './button.tsx';
import { Money } from './money.tsx';
import { Notice } from './notice.tsx';
import { InlineProblem } from './problem.tsx';
import { RequestsLink } from './requests-link.tsx';

const ends = {
  shown: 'Its requests pass: loops can be stopped under Limits of its key.',
  stopped: 'Its requests are refused, as its key says.',
  'let-through': 'It was let through.',
} as const;

/** An agent that repeats a tool call, and the way to let it go on where it is stopped. */
export function LoopNotice({ loop }: { loop: ToolLoop }) {
  const { id, localKeyLabel, requestId, state } = loop;
  const isSteep = loop.kind === 'steep-spend';
  const letThrough = useCorvusCommand('loops.let-through');
  const action = state === 'stopped' && (
    <span className="flex shrink-0 flex-col items-end gap-1">
      <Button
        size="small"
        aria-label={`Let it through: the loop of ${localKeyLabel}`}
        isBusy={letThrough.isPending}
        onClick={() => letThrough.mutate({ id })}
      >
        Let it through
      </Button>
      <InlineProblem error={letThrough.error} />
    </span>
  );
  return (
    <Notice
      level={state === 'let-through' ? 'info' : 'warning'}
      title={`${localKeyLabel} ${isSteep ? 'spends far more than usual' : 'runs in a loop'}`}
      action={action}
    >
      <p>
        {isSteep ? (
          <>
            <RequestsLink filter={{ localKeyId: loop.localKeyId, fromMs: loop.sinceMs }} className="underline">
              <Money amount={loop.spent} isFocusable={false} />
            </RequestsLink>{' '}
            within a quarter of an hour, where nine of ten cost <Money amount={loop.usual} /> at most.{' '}
          </>
        ) : (
          <>
            <code className="font-mono text-xs">{loop.tools.join(', ')}</code> was called {countText(loop.times)} times
            in a row with the same result.{' '}
          </>
        )}
        {ends[state]}{' '}
        <Link
          href={state === 'shown' ? '/keys' : `/requests?id=${requestId}`}
          className="text-accent underline underline-offset-2"
        >
          {state === 'shown' ? 'Open keys' : 'Show the request'}
        </Link>
      </p>
    </Notice>
  );
}
