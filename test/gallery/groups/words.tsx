import { CircleCheck, Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import { laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import { hourMs } from '#shared/time.ts';
import { Badge, type Tone } from '../../../src/renderer/components/badge.tsx';
import { BalanceState } from '../../../src/renderer/components/balance-state.tsx';
import { BrandMark } from '../../../src/renderer/components/brand-mark.tsx';
import { Button } from '../../../src/renderer/components/button.tsx';
import { Card } from '../../../src/renderer/components/card.tsx';
import { EmptyState } from '../../../src/renderer/components/empty-state.tsx';
import { RequestLane } from '../../../src/renderer/components/lane-label.tsx';
import { Money } from '../../../src/renderer/components/money.tsx';
import { Notice } from '../../../src/renderer/components/notice.tsx';
import { InlineProblem, Problem } from '../../../src/renderer/components/problem.tsx';
import { RequestCost } from '../../../src/renderer/components/request-cost.tsx';
import { RequestStatusLabel } from '../../../src/renderer/components/request-status.tsx';
import { Skeleton, SkeletonRows } from '../../../src/renderer/components/skeleton.tsx';
import { Cell, HeadCell, Table } from '../../../src/renderer/components/table.tsx';
import { NotFoundPage } from '../../../src/renderer/app/not-found-page.tsx';
import { CallError } from '../../../src/renderer/lib/call-error.ts';
import { entry, type Group } from '../entry.ts';
import { balance, everyStatus, hugeAmount, longRequest, longText, nowMs, requestId } from '../samples.ts';

const tones: readonly Tone[] = ['neutral', 'accent', 'good', 'warn', 'bad', 'play'];
const error = new CallError({
  code: 'storage_unavailable',
  message: 'The disk is full. Free some space, then try again.',
});
const longError = new CallError({
  code: 'storage_unavailable',
  message: `The file /home/${longText}/corvus.db cannot be written.`,
});

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-3">{children}</div>
);

const balances = {
  confirmed: balance(),
  'last confirmed an hour ago': balance({ state: 'stale', asOfMs: nowMs - hourMs }),
  'an estimate': balance({ isEstimate: true }),
  'play money': balance({ isPlayMoney: true }),
};

const table = (
  <Card isFlush title="Table">
    <Table label="Sample">
      <thead>
        <tr>
          <HeadCell sort="descending" onSort={() => {}}>
            Model
          </HeadCell>
          <HeadCell>Lane</HeadCell>
          <HeadCell isNumber sort="none" onSort={() => {}}>
            Cost
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {[...everyStatus, longRequest].map((row) => (
          <tr key={row.id}>
            <Cell>{row.modelRequested}</Cell>
            <Cell>
              <RequestLane request={row} />
            </Cell>
            <Cell isNumber>
              <RequestCost request={row} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  </Card>
);

export const words: Group = {
  id: 'words',
  name: 'Labels and states',
  entries: [
    entry(
      'Badge',
      <Row>
        {tones.map((tone) => (
          <Badge key={tone} tone={tone} icon={<CircleCheck aria-hidden />}>
            {tone}
          </Badge>
        ))}
      </Row>,
    ),
    entry(
      'Request status',
      <Row>
        {requestStatusSchema.options.map((status) => (
          <RequestStatusLabel
            key={status}
            request={{ id: requestId(1), status, refusedBy: status === 'refused' ? 'provider' : null, httpStatus: 422 }}
          />
        ))}
      </Row>,
    ),
    entry(
      'Lane',
      <Row>
        {[...laneSchema.options, null].map((lane) => (
          <RequestLane key={lane} request={{ lane, costKind: 'settled' }} />
        ))}
        <RequestLane request={{ lane: null, costKind: 'parts' }} />
      </Row>,
    ),
    entry(
      'Money',
      <Row>
        {['0.00', '0.000000001', '0.0164275', '12.3456', '1234567.891', hugeAmount, null].map((amount) => (
          <span key={amount} className="flex flex-wrap gap-2">
            <Money amount={amount} />
            <Money amount={amount} as="exact" isSigned />
            <Money amount={amount} as="spendable" />
          </span>
        ))}
      </Row>,
    ),
    entry(
      'Request cost',
      <Row>
        {everyStatus.map((row) => (
          <RequestCost key={row.id} request={row} />
        ))}
        <RequestCost request={{ cost: null, costKind: 'parts', match: null, status: 'completed' }} />
        <RequestCost request={{ cost: '0.00', costKind: 'free', match: null, status: 'completed' }} />
        <RequestCost request={{ cost: '0.0402', costKind: 'settled', match: 'charged-twice', status: 'completed' }} />
      </Row>,
    ),
    ...Object.entries(balances).map(([name, shown]) =>
      entry(`Balance state, ${name}`, <BalanceState balance={shown} nowMs={nowMs} />),
    ),
    ...(['info', 'warning', 'error'] as const).map((level) =>
      entry(
        `Notice, ${level}`,
        <Notice level={level} title="Something to know" action={<Button size="small">Do it</Button>}>
          What it means, and what to do. {longText}
        </Notice>,
      ),
    ),
    entry('Problem', <Problem error={error} onRetry={() => {}} />),
    entry('Problem, long', <Problem error={longError} onRetry={() => {}} />),
    entry('Problem in a form', <InlineProblem error={longError} />),
    entry(
      'Empty state',
      <Card title="Latest requests">
        <EmptyState icon={<Inbox />} title="No requests yet" action={<Button>Create a key</Button>}>
          Point a tool at Corvus, and its requests appear here.
        </EmptyState>
      </Card>,
    ),
    entry('Page not found', <NotFoundPage />),
    entry(
      'Loading',
      <Card title="Loading">
        <Skeleton className="h-8 w-40" />
        <SkeletonRows rows={3} />
      </Card>,
    ),
    entry(
      'Card, long',
      <Card title={longText} description={longText} actions={<Button size="small">Top up</Button>}>
        {longText}
      </Card>,
    ),
    entry('Table', table),
    entry('Brand mark', <BrandMark className="size-11 text-accent" />),
  ],
};
