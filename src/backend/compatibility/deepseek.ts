import { z } from 'zod';
import { deepSeekReply } from '#shared/account/compatible-replies.ts';
import { usdTextSchema } from '#shared/money-schemas.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyEndpoint } from '../http/endpoint.ts';
import { readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const balance = keyEndpoint({
  method: 'get',
  path: '/user/balance',
  tag: 'Compatibility',
  scope: 'inference',
  summary:
    "The balance as DeepSeek's, with what was given apart from what was paid; given credit counts as spent first.",
  reply: z.object({
    is_available: z.boolean(),
    balance_infos: z.array(
      z.object({
        currency: z.literal('USD'),
        total_balance: usdTextSchema,
        granted_balance: usdTextSchema,
        topped_up_balance: usdTextSchema,
      }),
    ),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller }) =>
  deepSeekReply(await readCompatMoney(services, caller.accountId)),
);

export const deepSeek: readonly KeyEndpoint<CompatibilityRouteDeps>[] = [balance];
