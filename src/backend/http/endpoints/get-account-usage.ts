import { z } from 'zod';
import type { UsageReport } from '#shared/account/usage.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { sumUsage } from '../../store/request-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { parseInput } from '../read-query.ts';

const dayMs = 86_400_000;
const defaultDays = 30;
const timeSchema = z.union([z.iso.date(), z.iso.datetime()]).transform((text) => Date.parse(text));
const querySchema = z.object({
  start: timeSchema.optional(),
  end: timeSchema.optional(),
  groupBy: z.enum(['day', 'model']).default('day'),
});

/** Sums by UTC day or by model; the end is not included, and the last 30 days are meant when no start is said. */
export const getAccountUsage: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/usage',
  access: 'key',
  async handle(context, services, caller) {
    const { start, end, groupBy } = parseInput(querySchema, context.req.query());
    const endMs = end ?? services.clock.nowMs() + 1;
    const startMs = start ?? endMs - defaultDays * dayMs;
    const groups = await sumUsage(services.db, caller.accountId, { startMs, endMs, groupBy });
    const report: UsageReport = {
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
    return context.json(report);
  },
};
