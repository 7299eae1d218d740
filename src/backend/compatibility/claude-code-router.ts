import { z } from 'zod';
import { atLeastZero } from '#shared/money.ts';
import { nextMonth } from '#shared/time.ts';
import { readMonthlySpend } from '../limits/spend-cap-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyEndpoint } from '../http/endpoint.ts';
import { balanceMeter, meterStatus, usdNumber } from '#shared/account/compatible-replies.ts';
import { type CompatMoney, moneyNumber, readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const meterSchema = z.object({
  id: z.enum(['balance', 'monthly_cap']),
  kind: z.enum(['balance', 'quota']),
  label: z.string(),
  limit: moneyNumber,
  remaining: moneyNumber,
  used: moneyNumber,
  unit: z.literal('USD'),
  window: z.literal('monthly').nullable(),
  resetAt: z.iso.datetime().nullable(),
});
type Meter = z.input<typeof meterSchema>;

const snapshotSchema = z.object({
  provider: z.literal('Corvus'),
  status: z.enum(['ok', 'warning', 'critical']),
  message: z.string().nullable(),
  updatedAt: z.iso.datetime(),
  meters: z.array(meterSchema),
  errors: z.array(z.never()),
});

/** Two names of the same endpoint: the router tries them in turn. */
function account(path: string): KeyEndpoint<CompatibilityRouteDeps> {
  return keyEndpoint({
    method: 'get',
    path,
    tag: 'Compatibility',
    scope: 'inference',
    summary: 'The balance, and the monthly cap where there is one, as meters of the Claude Code Router.',
    reply: snapshotSchema,
    isPolled: true,
  }).handle<CompatibilityRouteDeps>(async ({ services, caller: { accountId } }) => {
    const nowMs = services.clock.nowMs();
    const money = await readCompatMoney(services, accountId);
    const spent = money.monthlyCap === null ? null : await readMonthlySpend(services.db, accountId, nowMs);
    return {
      provider: 'Corvus',
      ...meterStatus[money.status],
      updatedAt: new Date(nowMs).toISOString(),
      meters: [balanceMeter(money), ...(spent === null ? [] : capMeter(money, spent, nowMs))],
      errors: [],
    };
  });
}

function capMeter({ monthlyCap, held }: CompatMoney, spent: bigint, nowMs: number): Meter[] {
  if (monthlyCap === null) return [];
  return [
    {
      id: 'monthly_cap',
      kind: 'quota',
      label: 'Monthly cap',
      limit: usdNumber(monthlyCap),
      remaining: usdNumber(atLeastZero(monthlyCap - spent - held)),
      used: usdNumber(atLeastZero(spent + held)),
      unit: 'USD',
      window: 'monthly',
      resetAt: new Date(nextMonth(nowMs)).toISOString(),
    },
  ];
}

export const claudeCodeRouter: readonly KeyEndpoint<CompatibilityRouteDeps>[] = [
  account('/.well-known/ccr/account'),
  account('/v1/account/limits'),
];
