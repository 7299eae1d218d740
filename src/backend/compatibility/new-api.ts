import { z } from 'zod';
import { nanoUsd } from '#shared/money.ts';
import { readKey } from '../auth/key-store.ts';
import { keyEndpoint, openEndpoint } from '../http/declare-endpoint.ts';
import type { HttpEndpoint } from '../http/endpoint.ts';
import { moneyNumber, readCompatMoney, usdNumber } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const tag = 'Compatibility';

/** new-api and its forks count money in units; a dollar has half a million. */
const quotaPerUsd = 500_000n;
const nanoPerQuota = 1_000_000_000n / quotaPerUsd;
const centsPerUsd = 100n;
const quota = z.int().nonnegative();

const status = openEndpoint({
  method: 'get',
  path: '/api/status',
  tag,
  summary: "What new-api's clients need to convert quota to dollars.",
  reply: z.object({
    success: z.literal(true),
    message: z.string(),
    data: z.object({
      system_name: z.string(),
      quota_per_unit: quota,
      quota_display_type: z.literal('USD'),
      display_in_currency: z.literal(true),
    }),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(() => ({
  success: true,
  message: '',
  data: {
    system_name: 'Corvus',
    quota_per_unit: Number(quotaPerUsd),
    quota_display_type: 'USD',
    display_in_currency: true,
  },
}));

/** Rounded so that the rest is never shown larger than it is, and the sum is right. */
const tokenUsage = keyEndpoint({
  method: 'get',
  path: '/api/usage/token',
  tag,
  scope: 'inference',
  summary: "The balance in new-api's quota units.",
  reply: z.object({
    code: z.literal(true),
    message: z.string(),
    data: z.object({
      object: z.literal('token_usage'),
      name: z.string(),
      total_granted: quota,
      total_used: quota,
      total_available: quota,
      unlimited_quota: z.literal(false),
      model_limits: z.object({}),
      model_limits_enabled: z.literal(false),
      /** new-api's value for "never". */
      expires_at: z.literal(0),
    }),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller: { accountId, customerKeyId } }) => {
  const { total, balance } = await readCompatMoney(services, accountId);
  const granted = Number(total / nanoPerQuota);
  const available = Number(balance / nanoPerQuota);
  return {
    code: true,
    message: 'ok',
    data: {
      object: 'token_usage',
      name: (await readKey(services.db, customerKeyId))?.label ?? '',
      total_granted: granted,
      total_used: granted - available,
      total_available: available,
      unlimited_quota: false,
      model_limits: {},
      model_limits_enabled: false,
      expires_at: 0,
    },
  };
});

const subscription = keyEndpoint({
  method: 'get',
  path: '/v1/dashboard/billing/subscription',
  tag,
  scope: 'inference',
  summary: "Everything that was ever credited, as OpenAI's former limit; what is left is that less the usage.",
  reply: z.object({
    object: z.literal('billing_subscription'),
    has_payment_method: z.boolean(),
    soft_limit_usd: moneyNumber,
    hard_limit_usd: moneyNumber,
    system_hard_limit_usd: moneyNumber,
    access_until: z.literal(0),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller }) => {
  const { total, hasPaid } = await readCompatMoney(services, caller.accountId);
  const limit = usdNumber(total);
  return {
    object: 'billing_subscription',
    has_payment_method: hasPaid,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: 0,
  };
});

const usage = keyEndpoint({
  method: 'get',
  path: '/v1/dashboard/billing/usage',
  tag,
  scope: 'inference',
  summary:
    'Everything that was ever used, in cents. As with new-api the dates are not looked at, so that limit less usage is the balance.',
  query: z.object({ start_date: z.string().optional(), end_date: z.string().optional() }),
  reply: z.object({ object: z.literal('list'), total_usage: moneyNumber }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller }) => {
  const { used } = await readCompatMoney(services, caller.accountId);
  return { object: 'list', total_usage: usdNumber(nanoUsd(used * centsPerUsd)) };
});

export const newApi: readonly HttpEndpoint<CompatibilityRouteDeps>[] = [
  status,
  tokenUsage,
  // new-api's own clients send a trailing slash.
  { ...tokenUsage, path: `${tokenUsage.path}/` },
  subscription,
  usage,
];
