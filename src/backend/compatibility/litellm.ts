import { z } from 'zod';
import { nanoUsd } from '#shared/money.ts';
import { scopeOf } from '../auth/roles.ts';
import type { RequestRow } from '../database/schema.ts';
import { readKey } from '../auth/key-store.ts';
import { readRequest } from '../store/request-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyEndpoint } from '../http/endpoint.ts';
import { liteLlmBudget, liteLlmUser, usdNumber } from '#shared/account/compatible-replies.ts';
import { isoTime } from '#shared/time.ts';
import { moneyNumber, readCompatMoney } from './compat-money.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

const tag = 'Compatibility';

/** The budget is everything that was ever credited; less the spend it is the balance. It is never reset. */
const budget = {
  spend: moneyNumber,
  max_budget: moneyNumber.nullable(),
  budget_duration: z.null(),
  budget_reset_at: z.null(),
};

const keyInfo = keyEndpoint({
  method: 'get',
  path: '/key/info',
  tag,
  scope: 'inference',
  summary: "The balance as LiteLLM's budget of a key. `key` is the key's id.",
  reply: z.object({
    key: z.string(),
    info: z.object({
      key_name: z.string(),
      key_alias: z.string(),
      ...budget,
      expires: z.iso.datetime().nullable(),
      user_id: z.string(),
      team_id: z.null(),
      tpm_limit: z.int().nullable(),
      rpm_limit: z.int().nullable(),
      max_parallel_requests: z.null(),
      model_spend: z.object({}),
      model_max_budget: z.object({}),
      blocked: z.boolean(),
      metadata: z.object({}),
    }),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller: { accountId, customerKeyId, limits = null } }) => {
  const money = await readCompatMoney(services, accountId);
  const key = await readKey(services.db, customerKeyId);
  return {
    key: customerKeyId,
    info: {
      key_name: key?.hint ?? '',
      key_alias: key?.label ?? '',
      ...liteLlmBudget(money),
      expires: limits?.expiresAt ?? null,
      user_id: accountId,
      team_id: null,
      tpm_limit: limits?.tokensPerMinute ?? null,
      rpm_limit: limits?.requestsPerMinute ?? null,
      max_parallel_requests: null,
      model_spend: {},
      model_max_budget: {},
      blocked: money.status === 'blocked',
      metadata: {},
    },
  };
});

/** Balance widgets for LiteLLM go from a key to its user, and read the budget there. */
const userInfo = keyEndpoint({
  method: 'get',
  path: '/user/info',
  tag,
  scope: 'inference',
  summary:
    "The balance as LiteLLM's budget of the key's user. `user_id` is ignored: the reply is about the key's account.",
  query: z.object({ user_id: z.string().optional() }),
  reply: z.object({
    user_id: z.string(),
    user_info: z.object({
      user_id: z.string(),
      user_alias: z.null(),
      user_email: z.null(),
      ...budget,
      metadata: z.object({}),
    }),
    keys: z.array(z.never()),
    teams: z.array(z.never()),
  }),
  isPolled: true,
}).handle<CompatibilityRouteDeps>(async ({ services, caller: { accountId } }) =>
  liteLlmUser(await readCompatMoney(services, accountId), accountId),
);

const spendLogSchema = z.object({
  request_id: z.string(),
  call_type: z.string(),
  api_key: z.string(),
  spend: moneyNumber,
  total_tokens: z.int().nullable(),
  prompt_tokens: z.int().nullable(),
  completion_tokens: z.int().nullable(),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
  completionStartTime: z.null(),
  model: z.string(),
  model_id: z.null(),
  model_group: z.string(),
  custom_llm_provider: z.null(),
  api_base: z.null(),
});

const spendLogs = keyEndpoint({
  method: 'get',
  path: '/spend/logs',
  tag,
  scope: 'inference',
  summary: "One settled request as a row of LiteLLM's spend log; no row while it is open.",
  query: z.object({ request_id: z.string().min(1).max(64) }),
  reply: z.array(spendLogSchema),
}).handle<CompatibilityRouteDeps>(async ({ services, caller, query }) => {
  const row = await readRequest(services.db, scopeOf(caller), query.request_id);
  return row && row.settled_at_ms !== null ? [spendLogOf(row, row.settled_at_ms)] : [];
});

function spendLogOf(row: RequestRow, settledAtMs: bigint): z.input<typeof spendLogSchema> {
  const { input_tokens: input, output_tokens: output } = row;
  return {
    request_id: row.id,
    call_type: row.endpoint,
    api_key: row.customer_key_id,
    spend: usdNumber(nanoUsd(row.cost)),
    total_tokens: input === null || output === null ? null : Number(input + output),
    prompt_tokens: input === null ? null : Number(input),
    completion_tokens: output === null ? null : Number(output),
    startTime: isoTime(row.created_at_ms),
    endTime: isoTime(settledAtMs),
    completionStartTime: null,
    model: row.model_requested,
    model_id: null,
    model_group: row.model_requested,
    custom_llm_provider: null,
    api_base: null,
  };
}

export const liteLlm: readonly KeyEndpoint<CompatibilityRouteDeps>[] = [keyInfo, userInfo, spendLogs];
