import { z } from 'zod';
import {
  billingUsageReply,
  newApiStatus,
  subscriptionReply,
  tokenUsageReply,
} from '#shared/account/compatible-replies.ts';
import { readKey } from '../auth/key-store.ts';
import { keyEndpoint, openEndpoint } from '../http/declare-endpoint.ts';
import type { HttpEndpoint } from '../http/endpoint.ts';
import { moneyNumber, readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const tag = 'Compatibility';

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
}).handle<CompatibilityRouteDeps>(() => newApiStatus);

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
  const name = (await readKey(services.db, customerKeyId))?.label ?? '';
  return tokenUsageReply(await readCompatMoney(services, accountId), name);
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
}).handle<CompatibilityRouteDeps>(async ({ services, caller }) =>
  subscriptionReply(await readCompatMoney(services, caller.accountId)),
);

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
}).handle<CompatibilityRouteDeps>(async ({ services, caller }) =>
  billingUsageReply(await readCompatMoney(services, caller.accountId)),
);

export const newApi: readonly HttpEndpoint<CompatibilityRouteDeps>[] = [
  status,
  tokenUsage,
  // new-api's own clients send a trailing slash.
  { ...tokenUsage, path: `${tokenUsage.path}/` },
  subscription,
  usage,
];
