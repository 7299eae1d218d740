import { Link } from 'wouter';
import type { ToolLoop } from '#shared/domain/tool-loop.ts';
import { countText } from '../lib/format-number.ts';
import { useCorvusCommand } from '../lib/query.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';
import { InlineProblem } from './problem.tsx';

const ends = {
  shown: 'Its requests pass: loops can be stopped under Limits of its key.',
  stopped: 'Its requests are refused, as its key says.',
  'let-through': 'It was let through.',
} as const;

/** An agent that repeats a tool call, and the way to let it go on where it is stopped. */
export function LoopNotice({ loop }: { loop: ToolLoop }) {
  const { id, localKeyLabel, tools, times, requestId, state } = loop;
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
      title={`${localKeyLabel} runs in a loop`}
      action={action}
    >
      <p>
        <code className="font-mono text-xs">{tools.join(', ')}</code> was called {countText(times)} times in a row with
        the same result. {ends[state]}{' '}
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
