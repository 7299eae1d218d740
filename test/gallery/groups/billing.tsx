import { useEffect } from 'react';
import type { AutoTopup } from '#shared/account/auto-topup.ts';
import type { Order, OrderStatus } from '#shared/account/orders.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import type { AccountConnection } from '#shared/contract/account.ts';
import { AccountCard } from '../../../src/renderer/features/billing/account-card.tsx';
import { useBillingStore } from '../../../src/renderer/features/billing/billing-store.ts';
import { LandedCard } from '../../../src/renderer/features/billing/landed-card.tsx';
import { LedgerCard } from '../../../src/renderer/features/billing/ledger-card.tsx';
import { OrdersCard } from '../../../src/renderer/features/billing/orders-card.tsx';
import { MatchCounts } from '../../../src/renderer/features/billing/matched-charges.tsx';
import { StatementProof } from '../../../src/renderer/features/billing/statement-proof.tsx';
import { TopUpCard } from '../../../src/renderer/features/billing/top-up-card.tsx';
import { answer, refusal, statementPage } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { balance, longText, order, statementLine } from '../samples.ts';

const statuses: readonly OrderStatus[] = [
  'created',
  'pending',
  'in_review',
  'paid_confirmed',
  'failed',
  'expired',
  'partially_refunded',
  'disputed',
  'charged_back',
  'refunded',
];
const told: Partial<Record<OrderStatus, Partial<Order>>> = {
  failed: { origin: 'auto', failure: 'card_declined' },
  partially_refunded: { takenBack: '4.50' },
};
const orders = statuses.map((status, index) => order(status, index + 1, told[status]));

const topUps: AutoTopup = {
  status: 'on',
  pausedReason: null,
  pausedAt: null,
  threshold: '3.00',
  amount: '10.00',
  monthlyCap: '200.00',
  chargedThisMonth: '190.00',
  isCapReached: false,
  hasPaymentMethod: true,
};
const account: AccountConnection = {
  mode: 'hosted',
  baseUrl: 'https://base.corvusllm.com',
  keyHint: 'sk-corvus-…a1b2',
  hasAccountApi: true,
  seesStatement: true,
  autoTopup: topUps,
  problem: null,
};
const paused: AutoTopup = { ...topUps, status: 'paused', pausedReason: 'authentication_required' };

const verified: StatementReport = {
  status: 'ok',
  lines: 128,
  provenLines: 128,
  receipts: 120,
  firstFault: null,
  formerLines: [],
};
const reports: Readonly<Record<string, StatementReport>> = {
  verified,
  'partly verified': { ...verified, provenLines: 40 },
  changed: {
    ...verified,
    status: 'fault',
    firstFault: {
      sequence: 12,
      requestId: null,
      rule: 'rewritten',
      text: 'Line 12 of your statement has changed since it was first downloaded.',
    },
  },
};

const lines = [
  statementLine(9, { isRequestHere: false, description: 'claude-haiku-4-5' }),
  statementLine(8),
  statementLine(7, { description: longText }),
  statementLine(6, { kind: 'refund', amount: '-10.00', requestId: null, description: 'Refund of top-up ord_2' }),
  statementLine(5, { kind: 'adjustment', amount: '0.50', requestId: null, description: 'Goodwill' }),
  statementLine(2, { kind: 'topup', amount: '1250.00', requestId: null, description: 'Top-up' }),
  statementLine(1, { kind: 'grant', amount: '5.00', requestId: null, description: 'Welcome credit' }),
];
const noReport = answer('account.verify', { fromStart: false }, { ...verified, status: 'none', lines: 0 });

/** As it is right after a payment was confirmed. */
function Landed() {
  const setLanded = useBillingStore((state) => state.setLanded);
  useEffect(() => setLanded('ord_4'), [setLanded]);
  return <LandedCard />;
}

export const billing: Group = {
  id: 'billing',
  name: 'Billing',
  entries: [
    entry('Balance', <AccountCard />, answer('balance.get', { refresh: false }, balance({ held: '0.25' }))),
    entry(
      'Balance, with automatic top-ups',
      <AccountCard />,
      answer('balance.get', { refresh: false }, balance({ held: '0.25' })),
      answer('account.get', undefined, account),
    ),
    entry(
      'Balance, with paused top-ups',
      <AccountCard />,
      answer('balance.get', { refresh: false }, balance({ held: '0.25' })),
      answer('account.get', undefined, { ...account, autoTopup: paused }),
    ),
    entry(
      'Balance, very large',
      <AccountCard />,
      answer('balance.get', { refresh: false }, balance({ balance: '999999999.999999999' })),
    ),
    entry(
      'Balance, unknown',
      <AccountCard />,
      answer('balance.get', { refresh: false }, { state: 'unknown', reason: 'Not reached yet.' }),
    ),
    entry(
      'Balance, with an error',
      <AccountCard />,
      refusal('balance.get', { refresh: false }, 'The account does not answer.'),
    ),
    entry('Top up', <TopUpCard isPlayMoney={false} />),
    entry('Top up, play money', <TopUpCard isPlayMoney />),
    entry('Top-ups in every status', <OrdersCard />, answer('billing.orders', undefined, orders)),
    entry('Top-ups, none', <OrdersCard />, answer('billing.orders', undefined, [])),
    entry(
      'Top-ups, with an error',
      <OrdersCard />,
      refusal('billing.orders', undefined, 'The account does not answer.'),
    ),
    entry('Credit was added', <Landed />, answer('billing.orders', undefined, orders)),
    ...Object.entries(reports).map(([name, report]) =>
      entry(`Statement check, ${name}`, <StatementProof />, answer('account.verify', { fromStart: false }, report)),
    ),
    entry('Matched charges', <MatchCounts matches={{ agrees: 12_345, 'charged-twice': 1, 'other-amount': 2 }} />),
    entry('Matched charges, all in order', <MatchCounts matches={{ agrees: 1 }} />),
    entry('Statement', <LedgerCard />, noReport, statementPage({ lines, nextCursor: '1' })),
    entry('Statement, empty', <LedgerCard />, noReport, statementPage({ lines: [], nextCursor: null })),
    entry(
      'Statement, not for this key',
      <LedgerCard />,
      noReport,
      statementPage({ lines: [], nextCursor: null }),
      answer('account.get', undefined, { ...account, seesStatement: false }),
    ),
    entry('Statement, loading', <LedgerCard />),
  ],
};
