import { dayMs } from '#shared/time.ts';
import { z } from 'zod';
import { usageReportSchema } from '#shared/account/usage.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { scopeOf } from '../auth/roles.ts';
import { readRequest } from '../store/request-store.ts';
import { sumUsage } from '../store/request-sums.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import { receiptOf } from '../store/row-views.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';

const defaultDays = 30;

const timeSchema = z.union([z.iso.date(), z.iso.datetime()]).transform((text) => Date.parse(text));

const usageQuerySchema = z.object({
  start: timeSchema.optional(),
  end: timeSchema.optional(),
  groupBy: z.enum(['day', 'model']).default('day'),
});

export const getAccountUsage = keyEndpoint({
  method: 'get',
  path: '/v1/account/usage',
  summary: 'Sums by UTC day or by model. `end` is excluded; without `start`, the 30 days before `end` count.',
  query: usageQuerySchema,
  reply: usageReportSchema,
}).handle<UsageRouteDeps>(async ({ services, caller, query: { start, end, groupBy } }) => {
  const endMs = end ?? services.clock.nowMs() + 1;
  const startMs = start ?? endMs - defaultDays * dayMs;
  const groups = await sumUsage(services.db, scopeOf(caller), { startMs, endMs, groupBy });
  return {
    object: 'list',
    data: groups.map((group) => ({
      day: groupBy === 'day' ? group.key : null,
      model: groupBy === 'model' ? group.key : null,
      requests: Number(group.requests),
      inputTokens: Number(group.inputTokens),
      outputTokens: Number(group.outputTokens),
      cost: usdText(nanoUsd(group.cost)),
    })),
  };
});

const generationQuerySchema = z.object({ id: z.string().min(1).max(64) });

export const getGeneration = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/generation',
  summary: 'The receipt of one request, by the id in its `x-corvus-request-id` header.',
  query: generationQuerySchema,
  reply: receiptSchema,
  errors: ['not_found'],
}).handle<UsageRouteDeps>(async ({ services, caller, query: { id } }) => {
  const row = await readRequest(services.db, scopeOf(caller), id);
  if (!row) throw new CorvusError('not_found', 'This account has no request with that id.', { param: 'id' });
  return receiptOf(row);
});
