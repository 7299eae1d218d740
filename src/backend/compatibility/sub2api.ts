import { z } from 'zod';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyEndpoint } from '../http/endpoint.ts';
import { sub2ApiReply } from '#shared/account/compatible-replies.ts';
import { moneyNumber, readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

/**
 * sub2api and ClawRouter both have a `/v1/usage`, and both call a member `usage`. This is sub2api's: it has a balance,
 * which ClawRouter's lacks, and dollars, where ClawRouter's whole millionths of a dollar would round.
 */
const usage = keyEndpoint({
  method: 'get',
  path: '/v1/usage',
  tag: 'Compatibility',
  scope: 'inference',
  summary: "The balance and this UTC day's usage as sub2api's.",
  query: z.object({ days: z.string().optional(), timezone: z.string().optional() }),
  reply: z.object({
    mode: z.literal('unrestricted'),
    isValid: z.boolean(),
    status: z.enum(['active', 'quota_exhausted']),
    planName: z.string(),
    remaining: moneyNumber,
    balance: moneyNumber,
    unit: z.literal('USD'),
    usage: z.object({ today: z.object({ requests: z.int(), total_tokens: z.int(), actual_cost: moneyNumber }) }),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller: { accountId } }) => {
  const money = await readCompatMoney(services, accountId);
  return sub2ApiReply(money, (await services.recentSpend.of(accountId)).day);
});

export const sub2Api: readonly KeyEndpoint<CompatibilityRouteDeps>[] = [usage];
