import { z } from 'zod';
import { usageSchema } from '#shared/metering/usage.ts';
import { CorvusError } from '#shared/errors.ts';
import { atLeastZero, nanoUsd } from '#shared/money.ts';
import { usdTextSchema } from '#shared/money-schemas.ts';
import { scopeOf } from '../auth/roles.ts';
import type { RequestRow } from '../database/schema.ts';
import { readKey } from '../auth/key-store.ts';
import { readRequest } from '../store/request-store.ts';
import { tightestCap } from '../limits/spend-cap.ts';
import { keyCaps } from '../keys/key-limit-store.ts';
import { readMonthlySpend } from '../limits/spend-cap-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyEndpoint } from '../http/endpoint.ts';
import { creditsReply, usdNumber } from '#shared/account/compatible-replies.ts';
import { isoTime } from '#shared/time.ts';
import { moneyNumber, readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const tag = 'Compatibility';

function credits(path: string): KeyEndpoint<CompatibilityRouteDeps> {
  return keyEndpoint({
    method: 'get',
    path,
    tag,
    scope: 'inference',
    summary: "The balance as OpenRouter's and Vercel's credits.",
    reply: z.object({
      data: z.object({ total_credits: moneyNumber, total_usage: moneyNumber }),
      balance: usdTextSchema,
      total_used: usdTextSchema,
    }),
    isPolled: true,
  }).handle<CompatibilityRouteDeps>(async ({ services, caller }) => {
    return creditsReply(await readCompatMoney(services, caller.accountId));
  });
}

/** The amounts are the account's, which all its keys share; the limit is the key's own, null for none. */
function currentKey(path: string): KeyEndpoint<CompatibilityRouteDeps> {
  return keyEndpoint({
    method: 'get',
    path,
    tag,
    scope: 'inference',
    summary: "The key's information for OpenRouter's clients. Usage is that of the whole account.",
    reply: z.object({ data: keyDataSchema }),
    isPolled: true,
  }).handle<CompatibilityRouteDeps>(async ({ services, caller }) => {
    const { accountId, customerKeyId } = caller;
    const { used, hasPaid } = await readCompatMoney(services, accountId);
    const { day, week } = await services.recentSpend.of(accountId);
    const nowMs = services.clock.nowMs();
    const month = await readMonthlySpend(services.db, accountId, nowMs);
    const cap = tightestCap(await keyCaps(services.db, customerKeyId, caller.limits ?? null, nowMs));
    return {
      data: {
        label: (await readKey(services.db, customerKeyId))?.hint ?? '',
        limit: cap && usdNumber(cap.limit),
        limit_remaining: cap && usdNumber(atLeastZero(cap.limit - cap.spent - cap.held)),
        limit_reset: cap && resets[cap.period],
        include_byok_in_limit: false,
        usage: usdNumber(used),
        usage_daily: usdNumber(day.cost),
        usage_weekly: usdNumber(week.cost),
        usage_monthly: usdNumber(month),
        byok_usage: 0,
        byok_usage_daily: 0,
        byok_usage_weekly: 0,
        byok_usage_monthly: 0,
        is_free_tier: !hasPaid,
        is_management_key: false,
        is_provisioning_key: false,
        creator_user_id: null,
        expires_at: caller.limits?.expiresAt ?? null,
        rate_limit: null,
      },
    };
  });
}

/** Of several caps, the one with the least left: the format has room for one. */
const resets = { day: 'daily', week: 'weekly', month: 'monthly' } as const;

const keyDataSchema = z.object({
  label: z.string(),
  limit: moneyNumber.nullable(),
  limit_remaining: moneyNumber.nullable(),
  limit_reset: z.enum(['daily', 'weekly', 'monthly']).nullable(),
  include_byok_in_limit: z.boolean(),
  usage: moneyNumber,
  usage_daily: moneyNumber,
  usage_weekly: moneyNumber,
  usage_monthly: moneyNumber,
  byok_usage: moneyNumber,
  byok_usage_daily: moneyNumber,
  byok_usage_weekly: moneyNumber,
  byok_usage_monthly: moneyNumber,
  is_free_tier: z.boolean(),
  is_management_key: z.boolean(),
  is_provisioning_key: z.boolean(),
  creator_user_id: z.string().nullable(),
  expires_at: z.iso.datetime().nullable(),
  rate_limit: z.null(),
});

const generationSchema = z.object({
  id: z.string(),
  model: z.string(),
  created_at: z.iso.datetime(),
  origin: z.string(),
  provider_name: z.string(),
  streamed: z.boolean(),
  cancelled: z.boolean(),
  is_byok: z.boolean(),
  total_cost: moneyNumber,
  usage: moneyNumber,
  finish_reason: z.string().nullable(),
  native_finish_reason: z.string().nullable(),
  tokens_prompt: z.int().nullable(),
  tokens_completion: z.int().nullable(),
  native_tokens_prompt: z.int().nullable(),
  native_tokens_completion: z.int().nullable(),
  native_tokens_reasoning: z.int().nullable(),
  native_tokens_cached: z.int().nullable(),
  upstream_id: z.null(),
  app_id: z.null(),
  cache_discount: z.null(),
  upstream_inference_cost: z.null(),
  latency: z.null(),
  moderation_latency: z.null(),
  generation_time: z.null(),
  num_media_prompt: z.null(),
  num_media_completion: z.null(),
  num_search_results: z.null(),
});

const generation = keyEndpoint({
  method: 'get',
  path: '/api/v1/generation',
  tag,
  scope: 'inference',
  summary: "One settled request as OpenRouter's generation. `GET /v1/generation` has more, with exact amounts.",
  query: z.object({ id: z.string().min(1).max(64) }),
  reply: z.object({ data: generationSchema }),
  errors: ['not_found'],
}).handle<CompatibilityRouteDeps>(async ({ services, caller, query: { id } }) => {
  const row = await readRequest(services.db, scopeOf(caller), id);
  // As at OpenRouter: a request under way is not found, because its cost is not known.
  if (!row || row.status === 'open')
    throw new CorvusError('not_found', 'This account settled no request with that id.', { param: 'id' });
  return { data: generationOf(row, services.publicBaseUrl()) };
});

function generationOf(row: RequestRow, origin: string): z.input<typeof generationSchema> {
  const usage = row.usage === null ? null : usageSchema.parse(JSON.parse(row.usage));
  const input = row.input_tokens === null ? null : Number(row.input_tokens);
  const output = row.output_tokens === null ? null : Number(row.output_tokens);
  const cost = usdNumber(nanoUsd(row.cost));
  return {
    id: row.id,
    model: row.model_requested,
    created_at: isoTime(row.created_at_ms),
    origin,
    provider_name: 'Corvus',
    streamed: row.is_stream === 1n,
    cancelled: row.outcome === 'cancelled',
    is_byok: false,
    total_cost: cost,
    usage: cost,
    finish_reason: row.finish_reason,
    native_finish_reason: row.finish_reason,
    tokens_prompt: input,
    tokens_completion: output,
    native_tokens_prompt: input,
    native_tokens_completion: output,
    native_tokens_reasoning: usage?.outputReasoning ?? null,
    native_tokens_cached: usage?.cacheRead ?? null,
    ...unreported,
  };
}

/** What OpenRouter's clients know and this service does not count or does not disclose. */
const unreported = {
  upstream_id: null,
  app_id: null,
  cache_discount: null,
  upstream_inference_cost: null,
  latency: null,
  moderation_latency: null,
  generation_time: null,
  num_media_prompt: null,
  num_media_completion: null,
  num_search_results: null,
};

/** Under OpenRouter's own paths, and under ours for clients whose base URL ends in `/v1`. */
export const openRouter: readonly KeyEndpoint<CompatibilityRouteDeps>[] = [
  credits('/v1/credits'),
  credits('/api/v1/credits'),
  currentKey('/v1/key'),
  currentKey('/api/v1/key'),
  generation,
];
