import { type Attempt, isRetry, type RequestDetail } from '#shared/account/request.ts';
import { classNames } from '../../lib/class-names.ts';
import { durationText } from '../../lib/format-number.ts';

/** Every upstream try on one time line: waiting for the first byte pale, the answer solid. */
export function AttemptWaterfall({ detail }: { detail: RequestDetail }) {
  const { attempts, createdAtMs } = detail;
  if (attempts.length === 0) return null;
  const endMs = Math.max(
    1,
    detail.totalMs ?? 0,
    ...attempts.map((attempt) => attempt.startedAtMs - createdAtMs + attempt.totalMs),
  );
  return (
    <section aria-label="Attempts">
      <h3 className="mb-2 text-sm font-semibold">
        {attempts.length === 1 ? 'Attempt' : `${attempts.length} attempts`}
      </h3>
      <ol className="flex flex-col gap-3">
        {attempts.map((attempt, index) => (
          <AttemptBar
            key={attempt.startedAtMs + index}
            attempt={attempt}
            isRetry={isRetry(attempts, index)}
            offsetMs={Math.max(0, attempt.startedAtMs - createdAtMs)}
            endMs={endMs}
          />
        ))}
      </ol>
      <p aria-hidden className="tabular mt-1 flex justify-between text-xs text-ink-3">
        <span>0</span>
        <span>{durationText(endMs)}</span>
      </p>
    </section>
  );
}

interface AttemptBarProps {
  attempt: Attempt;
  /** The same upstream was asked before. */
  isRetry: boolean;
  offsetMs: number;
  endMs: number;
}

function AttemptBar({ attempt, isRetry, offsetMs, endMs }: AttemptBarProps) {
  const share = (durationMs: number) => `${Math.min(100, (durationMs / endMs) * 100)}%`;
  const waitMs = attempt.firstByteMs ?? attempt.totalMs;
  const hasFailed = attempt.errorCode !== null;
  return (
    <li>
      <p className="flex flex-wrap justify-between gap-x-3 text-[0.8125rem]">
        <span className="min-w-0 truncate">
          {attempt.number}. {attempt.provider}
          {isRetry && <span className="ml-1 text-ink-2">again</span>}
          {attempt.model && <span className="ml-1 text-ink-2">{attempt.model}</span>}
          <span className={classNames('ml-2', hasFailed ? 'text-bad' : 'text-ink-3')}>{outcome(attempt)}</span>
        </span>
        <span className="tabular text-ink-2">
          {attempt.firstByteMs === null ? '' : `first byte ${durationText(attempt.firstByteMs)}, `}
          {attempt.firstByteMs === null ? '' : 'end '}
          {durationText(attempt.totalMs)}
        </span>
      </p>
      <div aria-hidden className="mt-1 flex h-2 overflow-hidden rounded-full bg-inset">
        <span style={{ width: share(offsetMs) }} />
        <span
          className={classNames('min-w-[3px] opacity-40', hasFailed ? 'bg-bad' : 'bg-accent')}
          style={{ width: share(waitMs) }}
        />
        <span
          className={hasFailed ? 'bg-bad' : 'bg-accent'}
          style={{ width: share(Math.max(0, attempt.totalMs - waitMs)) }}
        />
      </div>
    </li>
  );
}

function outcome({ httpStatus, errorCode }: Attempt): string {
  return [httpStatus === null ? null : `HTTP ${httpStatus}`, errorCode].filter(Boolean).join(', ') || 'no answer';
}
