import { z } from 'zod';
import { usageReportSchema } from '#shared/account/usage.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { scopeOf } from '../auth/roles.ts';
import { sumUsage } from '../store/request-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

const dayMs = 86_400_000;
const defaultDays = 30;
const timeSchema = z.union([z.iso.date(), z.iso.datetime()]).transform((text) => Date.parse(text));
const querySchema = z.object({
  start: timeSchema.optional(),
  end: timeSchema.optional(),
  groupBy: z.enum(['day', 'model']).default('day'),
});

export const getAccountUsage = keyEndpoint({
  method: 'get',
  path: '/v1/account/usage',
  summary: 'Sums by UTC day or by model. `end` is not included; without `start` the 30 days before `end` are meant.',
  query: querySchema,
  reply: usageReportSchema,
}).handle(async ({ services, caller, query: { start, end, groupBy } }) => {
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
