import { useRef, useState } from 'react';
import type { RequestSummary } from '#shared/account/request.ts';
import { noFilter, unset } from '#shared/contract/no-filter.ts';
import type { RequestId } from '#shared/ids.ts';
import { hourMs, minuteMs, quarterMs } from '#shared/time.ts';
import { NoRequests } from '../../../src/renderer/features/requests/no-requests.tsx';
import { ReceiptBadge } from '../../../src/renderer/features/requests/receipt-badge.tsx';
import { RequestSums } from '../../../src/renderer/features/requests/request-sums.tsx';
import { LoopNotice } from '../../../src/renderer/components/loop-notice.tsx';
import { RepeatNotice } from '../../../src/renderer/components/repeat-notice.tsx';
import { RepeatedRequests } from '../../../src/renderer/features/requests/repeated-requests.tsx';
import { RefusedCalls } from '../../../src/renderer/features/requests/refused-calls.tsx';
import { RequestFilters } from '../../../src/renderer/features/requests/request-filters.tsx';
import { RequestList } from '../../../src/renderer/features/requests/request-list.tsx';
import { CallError } from '../../../src/renderer/lib/call-error.ts';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { everyStatus, localKey, longRequest, longText, nowMs, request, requestId } from '../samples.ts';

const error = new CallError({
  code: 'core_unreachable',
  message: 'Corvus does not answer. Wait a moment, or restart it.',
});
const costs = [
  request(21, { costKind: 'parts', cost: null, modelRequested: 'corvus/compare:gpt-4.1,claude-haiku-4-5' }),
  request(22, { costKind: 'free', cost: '0.00', lane: 'local', provider: 'ollama', modelRequested: 'qwen3:8b' }),
  request(23, { costKind: 'unknown', cost: null, usageSource: 'missing', inputTokens: null, outputTokens: null }),
  longRequest,
];

function List({ rows, moreError = null }: { rows: readonly RequestSummary[]; moreError?: CallError | null }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [selectedId, setSelectedId] = useState<RequestId | null>(rows[1]?.id ?? null);
  return (
    <div className="@container relative flex h-96 min-w-0 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <RequestList
        scroller={scroller}
        rows={rows}
        hasMore={false}
        isLoadingMore={moreError === null}
        moreError={moreError}
        onMore={() => {}}
        selectedId={selectedId}
        onSelect={setSelectedId}
      />
    </div>
  );
}

const filtered = {
  ...noFilter,
  status: 'failed',
  model: longText,
  project: unset,
  session: longText,
  tag: 'team=search',
  fromMs: nowMs - hourMs,
  toMs: nowMs,
} as const;
const facets = {
  models: ['gpt-5.5', longText],
  providers: ['openai', 'ollama'],
  tools: ['Codex', 'Claude Code'],
  projects: ['site', longText],
  hasCharges: true,
};
const sums = {
  requests: 12_345,
  open: 2,
  failures: 41,
  inputTokens: 48_123_456,
  cachedTokens: 40_000_000,
  outputTokens: 912_345,
  cost: '1234.567891234',
  cacheSaved: '0.31',
  cacheLost: '0.04',
  unpriced: 3,
  totalMs: 4_820,
  firstByteMs: 640,
};
const view = { filter: filtered, selectedId: null, setFilter: () => {}, clearFilter: () => {}, select: () => {} };
const refusedCalls = {
  total: 1_204,
  kinds: [
    {
      errorCode: 'invalid_api_key',
      httpStatus: 401,
      endpoint: '/v1/chat/completions',
      userAgent: 'OpenAI/JS 7.55.0',
      count: 1_203,
    },
    { errorCode: 'not_found', httpStatus: 404, endpoint: `/${longText}`, userAgent: null, count: 1 },
  ].map((kind) => ({ ...kind, firstAtMs: nowMs - hourMs, lastAtMs: nowMs - minuteMs })),
};

const repeated = (number: number, more: object = {}) => ({
  requestId: requestId(number),
  localKeyId: localKey(1).id,
  localKeyLabel: 'Editor',
  model: 'claude-opus-4-5',
  httpStatus: 429,
  errorCode: 'insufficient_credits',
  answered: 1_204,
  saved: '3.2104',
  firstAtMs: nowMs - quarterMs,
  lastAtMs: nowMs - 2_000,
  isHeld: true,
  ...more,
});
const repeats = {
  answered: 1_241,
  saved: '3.2104',
  requests: [
    repeated(41),
    repeated(42, {
      localKeyLabel: longText,
      model: longText,
      errorCode: null,
      httpStatus: 400,
      answered: 37,
      saved: null,
      isHeld: false,
    }),
  ],
};

const loop = {
  kind: 'same-result' as const,
  id: 'b1946ac92492d234',
  localKeyId: localKey(1).id,
  localKeyLabel: 'Editor',
  tools: ['bash'],
  times: 12,
  requestId: requestId(43),
  firstAtMs: nowMs - 90_000,
  lastAtMs: nowMs - 2_000,
  state: 'shown' as const,
};

const receipt = (number: number) => ({ id: requestId(number) });
const fault = {
  sequence: 12,
  requestId: requestId(31),
  rule: 'receipt',
  text: 'The receipt of line 12 is not the one that the line was written for.',
} as const;

export const requests: Group = {
  id: 'requests',
  name: 'Requests',
  entries: [
    entry('Rows in every status', <List rows={everyStatus} />),
    entry('Rows with every kind of cost, loading more', <List rows={costs} />),
    entry('Rows, more cannot be loaded', <List rows={everyStatus.slice(0, 2)} moreError={error} />),
    entry(
      'Filters',
      <RequestFilters view={view} facets={facets} />,
      answer('keys.list', undefined, [
        localKey(1),
        localKey(2, { label: 'Nightly research agent of the platform team' }),
      ]),
    ),
    entry('Sums', <RequestSums filter={filtered} />, answer('requests.sum', { filter: filtered }, sums)),
    entry('No requests', <NoRequests filter={noFilter} onClear={() => {}} />),
    entry('No matching requests', <NoRequests filter={filtered} onClear={() => {}} />),
    entry('Refused calls', <RefusedCalls />, answer('requests.refusals', undefined, refusedCalls)),
    entry('A loop that is shown', <LoopNotice loop={loop} />),
    entry(
      'A key that spends far more than usual',
      <LoopNotice
        loop={{
          kind: 'steep-spend',
          id: 'b2',
          localKeyId: loop.localKeyId,
          localKeyLabel: 'Editor',
          requestId: loop.requestId,
          firstAtMs: loop.firstAtMs,
          lastAtMs: loop.lastAtMs,
          state: 'stopped',
          sinceMs: nowMs - 600_000,
          spent: '4.2031',
          usual: '0.31',
        }}
      />,
    ),
    entry('A loop that is stopped', <LoopNotice loop={{ ...loop, state: 'stopped', tools: ['bash', longText] }} />),
    entry('A loop that was let through', <LoopNotice loop={{ ...loop, state: 'let-through' }} />),
    entry('Repeated requests', <RepeatedRequests />, answer('repeats.list', undefined, repeats)),
    entry('A request that is answered here', <RepeatNotice repeated={repeated(41)} isLinked />),
    entry(
      'A request that came again',
      <RepeatNotice repeated={repeated(42, { isHeld: false, answered: 1, saved: null })} />,
    ),
    entry(
      'Receipt, verified',
      <ReceiptBadge id={requestId(30)} />,
      answer('account.verify-receipt', receipt(30), { status: 'verified', fault: null }),
    ),
    entry(
      'Receipt, mismatch',
      <ReceiptBadge id={requestId(31)} />,
      answer('account.verify-receipt', receipt(31), { status: 'fault', fault }),
    ),
  ],
};
