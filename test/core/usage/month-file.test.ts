import { expect, test } from 'vitest';
import { createMonthFile } from '#core/usage/month-file.ts';
import { createUsageService } from '#core/usage/usage-service.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import { nanoUsd } from '#shared/money.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { pageCount, textOfPdf } from '../../support/read-pdf.ts';
import { begun, finished, openTestStore, realClock } from '../../support/store-fixture.ts';

const clock = { ...realClock, nowMs: () => Date.parse('2026-12-03T10:00:00Z') };

test('a month is drawn by lane, tool, model and day of the time zone, with what moved the account', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const send = (at: string, tool: string, model: string, lane: 'prepaid' | 'byok', cost: bigint | null) => {
    const request = begun({ createdAtMs: Date.parse(at), tool, modelRequested: model, lane, provider: 'x' });
    store.requests.begin(request);
    const metered = cost === null ? null : nanoUsd(cost);
    const usage = makeUsage({ freshInput: 10, outputText: 5 });
    store.requests.finish(finished(request.id, { lane, provider: 'x', meteredCostNanoUsd: metered, usage }));
  };
  // In Berlin still, or already, the month before and after.
  send('2026-10-31T22:30:00Z', 'Before', 'm', 'byok', 9n);
  send('2026-11-30T23:30:00Z', 'After', 'm', 'byok', 9n);
  send('2026-10-31T23:30:00Z', 'Codex', 'gpt-5.5', 'prepaid', 2_000_000_000n);
  send('2026-11-15T12:00:00Z', 'Ünïcode 🚀', 'claude-opus-5', 'byok', 500_000_000n);
  send('2026-11-15T13:00:00Z', 'Codex', 'unpriced', 'byok', null);
  send('2026-11-16T13:00:00Z', 'Huge', 'm', 'byok', 123_456_789_123_456_789n);
  for (let tool = 0; tool < 70; tool += 1) send('2026-11-20T12:00:00Z', `tool ${tool}`, 'm', 'byok', 1_000_000n);
  const lines = [
    ['2026-10-01T00:00:00.000Z', 'topup', '10.00', '10.00'],
    ['2026-11-02T00:00:00.000Z', 'usage', '-2.00', '8.00'],
    ['2026-11-03T00:00:00.000Z', 'topup', '25.00', '33.00'],
    ['2026-11-04T00:00:00.000Z', 'usage', '-0.50', '32.50'],
    ['2026-12-01T00:00:00.000Z', 'usage', '-1.00', '31.50'],
  ] as const;
  await store.mirror.applyLines(
    'acc',
    lines.map(([at, kind, amount, balanceAfter], index): LedgerLine => ({
      sequence: index + 1,
      at,
      kind,
      amount,
      balanceAfter,
      requestId: null,
      orderId: null,
      description: '',
    })),
  );
  const { handlers } = createUsageService({ store, clock });
  const parts = { clock, store, report: handlers['usage.report'] };
  const monthFile = createMonthFile({ ...parts, account: () => ({ id: 'acc', isPlayMoney: true }) })[
    'usage.month-file'
  ];
  const { name, base64 } = await monthFile({ timeZone: 'Europe/Berlin', month: '2026-11' });
  expect(name).toBe('corvus-2026-11.pdf');
  const pdf = Buffer.from(base64, 'base64');
  const text = textOfPdf(pdf);
  expect(pageCount(pdf)).toBeGreaterThan(1);
  for (const line of [
    'AI spending, November 2026',
    '123456791.693456789 USD of 74 requests, and 1 of unknown cost',
    'play money',
    'Prepaid credit\n1\n15\n2.00',
    'Ünïcode ?',
    '13 more, in the sum',
    'By tool, continued',
    '2026-11-01\n1\n15\n2.00',
    'Balance before\n10.00',
    'unpriced\n1\n15\n1\nunknown',
    'Top-ups\n1\n25.00',
    'Usage\n2\n-2.50',
    'Balance after\n32.50',
  ])
    expect.soft(text).toContain(line);
  expect(text).not.toMatch(/Before|After|The month is not over/);

  // Without an account, and of a month without requests.
  const empty = await createMonthFile({ ...parts, account: () => null })['usage.month-file']({
    timeZone: 'UTC',
    month: '2026-12',
  });
  expect(textOfPdf(Buffer.from(empty.base64, 'base64'))).toMatch(/December 2026[^]*The month is not over/);
});
