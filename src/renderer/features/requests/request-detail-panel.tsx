import { X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { Link } from 'wouter';
import type { RequestDetail, RequestStatus } from '#shared/account/request.ts';
import type { RequestId } from '#shared/ids.ts';
import { IconButton } from '../../components/button.tsx';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { RequestsLink } from '../../components/requests-link.tsx';
import { CopyableValue } from '../../components/code-block.tsx';
import { RequestLane } from '../../components/lane-label.tsx';
import { Problem } from '../../components/problem.tsx';
import { RequestStatusLabel } from '../../components/request-status.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { dialectNames } from '../../lib/dialect-names.ts';
import { bytesText, durationText, countText } from '../../lib/format-number.ts';
import { exactTime } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { AttemptWaterfall } from './attempt-waterfall.tsx';
import { CapturedBodies } from './captured-bodies.tsx';
import { CostBreakdown } from './cost-breakdown.tsx';
import { PartsList } from './parts-list.tsx';
import { RepeatsOf } from './repeated-requests.tsx';
import { CacheBreakNotice, RequestHints } from './request-hints.tsx';
import { RequestError } from './request-error.tsx';

/** Everything known of one request, beside the list. */
export function RequestDetailPanel({ id, onClose }: { id: RequestId; onClose: () => void }) {
  const detail = useCorvusQuery('requests.get', { id }, { refreshOn: ['requests.changed'], keepPrevious: true });

  /** The focus goes back to the list, where it came from. */
  function leave() {
    onClose();
    document.querySelector<HTMLElement>('[role="grid"]')?.focus();
  }

  return (
    <aside
      aria-label="Request details"
      // React also reports key presses in a dialog that was opened here, although it is elsewhere in the document.
      onKeyDown={(press) => press.key === 'Escape' && isInside(press) && leave()}
      className="absolute inset-y-0 right-0 bottom-5 z-30 flex w-[min(30rem,100%)] animate-appear flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-float xl:static xl:bottom-0 xl:w-[28rem] xl:shrink-0 xl:shadow-card 2xl:w-[32rem]"
    >
      <header className="flex items-start justify-between gap-3 border-b border-line px-5 pt-4 pb-3">
        <div className="min-w-0">
          <h2 className="font-semibold break-words">
            {detail.data ? detail.data.modelRequested || 'No model named' : 'Request'}
          </h2>
          {detail.data && (
            <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-ink-2">
              <RequestStatusLabel request={detail.data} isLong />
              <RequestLane request={detail.data} />
              <span className="break-all">{detail.data.provider}</span>
            </p>
          )}
        </div>
        <IconButton label="Close details" onClick={leave} className="-mr-2">
          <X aria-hidden />
        </IconButton>
      </header>
      <div
        tabIndex={0}
        role="region"
        aria-label="Details of the request"
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
      >
        {detail.isPending && <SkeletonRows rows={8} label="Loading the request" />}
        {detail.error && (
          <div className="p-5">
            <Problem error={detail.error} onRetry={() => void detail.refetch()} />
          </div>
        )}
        {detail.data && <DetailBody detail={detail.data} />}
      </div>
    </aside>
  );
}

function isInside({ currentTarget, target }: KeyboardEvent<HTMLElement>): boolean {
  return target instanceof Node && currentTarget.contains(target);
}

const failures: ReadonlySet<RequestStatus> = new Set(['refused', 'failed', 'truncated', 'interrupted']);

function DetailBody({ detail }: { detail: RequestDetail }) {
  return (
    <div className="flex flex-col gap-6 px-5 py-4">
      {(detail.errorCode || detail.errorMessage) && <RequestError detail={detail} />}
      {failures.has(detail.status) && (
        <Link
          href={`/doctor?request=${detail.id}`}
          className="-mt-4 w-fit rounded text-sm text-accent underline underline-offset-2"
        >
          Why did this fail?
        </Link>
      )}
      <RepeatsOf id={detail.id} />
      <RequestHints hints={detail.hints} />
      {detail.cacheBreak && <CacheBreakNotice found={detail.cacheBreak} />}
      {detail.parts.length > 0 ? <PartsList parts={detail.parts} /> : <CostBreakdown detail={detail} />}
      <AttemptWaterfall detail={detail} />
      <section aria-label="Facts">
        <h3 className="mb-2 text-sm font-semibold">Facts</h3>
        <dl className="grid grid-cols-[8.5rem_1fr] gap-x-3 gap-y-1.5 text-sm">
          {facts(detail).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd className="tabular min-w-0 break-words">{value}</dd>
            </div>
          ))}
          <Belongings detail={detail} />
        </dl>
        <div className="mt-3">
          <CopyableValue label="request id" value={detail.id} />
        </div>
      </section>
      <CapturedBodies id={detail.id} />
    </div>
  );
}

const reasons: Readonly<Record<NonNullable<RequestDetail['routeReason']>, string>> = {
  bound: 'set by the key or the plan',
  listed: 'this provider lists the model',
  sold: 'the prepaid account sells this model',
  plan: 'several models answer together',
  'may-serve': 'no provider lists this model; tried as a fallback',
};

function facts(detail: RequestDetail): [string, string][] {
  const rows: [string, string | null][] = [
    ['Started', exactTime(detail.createdAtMs)],
    ['First byte', detail.firstByteMs === null ? null : durationText(detail.firstByteMs)],
    [
      'Duration',
      detail.totalMs === null ? (detail.status === 'open' ? 'still running' : null) : durationText(detail.totalMs),
    ],
    ['Key', detail.localKeyLabel ?? 'none'],
    ['Endpoint', detail.endpoint],
    ['Format', `${dialectNames[detail.dialect]}${detail.isStream ? ', streamed' : ''}`],
    ['Plan', detail.plan],
    ['Route', detail.routeReason && reasons[detail.routeReason]],
    ['Switched', detail.switchedFrom && switchText(detail.switchedFrom, detail.switchedBy)],
    ['Translated to', detail.translatedTo && dialectNames[detail.translatedTo]],
    ['Part of', detail.parentId],
    ['Answered by', detail.modelServed === detail.modelRequested ? null : detail.modelServed],
    ['Finish reason', detail.finishReason],
    ['HTTP status', detail.httpStatus === null ? null : String(detail.httpStatus)],
    ['Output limit', detail.outputLimit === null ? null : limitText(detail.outputLimit, detail.limitedBy)],
    ['Sent', bytesText(detail.requestBytes)],
    ['Received', bytesText(detail.responseBytes)],
    ['Client', detail.userAgent],
  ];
  return rows.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
}

/** What the request belongs to, each with the others that do. */
function Belongings({ detail: { tool, project, session, agent, parentAgent, tags } }: { detail: RequestDetail }) {
  const rows: { name: string; value: string | null; filter: Partial<RequestFilter> }[] = [
    { name: 'Tool', value: tool, filter: { tool } },
    { name: 'Project', value: project, filter: { project } },
    { name: 'Session', value: session, filter: { session } },
    { name: 'Agent', value: agent, filter: { agent, session } },
    { name: 'Started by agent', value: parentAgent, filter: { agent: parentAgent, session } },
    ...Object.entries(tags).map(([name, value]) => ({
      name: `Tag ${name}`,
      value,
      filter: { tag: `${name}=${value}` },
    })),
  ];
  return rows.map(
    ({ name, value, filter }) =>
      value !== null && (
        <div key={name} className="contents">
          <dt className="break-words text-ink-3">{name}</dt>
          <dd className="min-w-0 break-words">
            <RequestsLink filter={filter} className="text-accent">
              {value}
            </RequestsLink>
          </dd>
        </div>
      ),
  );
}

function switchText(from: string, by: string | null): string {
  const place = from === 'account' ? 'the prepaid account' : from;
  return `from ${place}: ${by === 'balance' ? 'its balance' : 'an envelope'} did not cover the request`;
}

/** A limit that money set, below the caller's own. */
const limitNames: ReadonlyMap<string | null, string> = new Map([
  ['ceiling', 'its ceiling'],
  ['balance', 'the balance'],
]);

function limitText(tokens: number, limitedBy: string | null): string {
  return `${countText(tokens)} tokens, all that ${limitNames.get(limitedBy) ?? 'an envelope'} allowed`;
}
