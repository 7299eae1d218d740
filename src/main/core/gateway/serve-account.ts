import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRequest, type Guard, identify, readCredentials } from '#proxy/request/guard.ts';
import {
  balanceMeter,
  billingUsageReply,
  creditsReply,
  deepSeekReply,
  liteLlmBudget,
  liteLlmUser,
  meterStatus,
  newApiStatus,
  sub2ApiReply,
  subscriptionReply,
  tokenUsageReply,
  usdNumber,
} from '#shared/account/compatible-replies.ts';
import { CorvusError } from '#shared/errors.ts';
import type { AccountSnapshot } from '../account/account-snapshot.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import { replyJson } from './serve-models.ts';

/** One reply about the account, in the format of one service. */
type Reply = (snapshot: AccountSnapshot, caller: LocalKeyCaller) => object | Promise<object>;

const status: Reply = () => newApiStatus;
const credits: Reply = ({ money }) => creditsReply(money);
const subscription: Reply = ({ money }) => subscriptionReply(money);
const billingUsage: Reply = ({ money }) => billingUsageReply(money);
const tokenUsage: Reply = ({ money }, { label }) => tokenUsageReply(money, label);

/** The same paths as in the hosted service; a `/v1` in front of a path that is itself in the list is dropped. */
const replies: Readonly<Record<string, Reply>> = {
  '/v1/account': accountReply,
  '/v1/credits': credits,
  '/api/v1/credits': credits,
  '/v1/key': keyReply,
  '/api/v1/key': keyReply,
  '/user/balance': ({ money }) => deepSeekReply(money),
  '/api/status': status,
  '/api/usage/token': tokenUsage,
  '/dashboard/billing/subscription': subscription,
  '/dashboard/billing/usage': billingUsage,
  '/dashboard/billing/credit_grants': creditGrantsReply,
  '/key/info': liteLlmKeyReply,
  '/user/info': ({ money }, { id }) => liteLlmUser(money, id),
  '/.well-known/ccr/account': meterReply,
  '/v1/account/limits': meterReply,
  '/v1/usage': async ({ money, recent }) => sub2ApiReply(money, await recent('day')),
};

export interface AccountDeps {
  guard: Guard;
  keys: LocalKeyRing;
  /** Throws a `CorvusError` where nothing is known. */
  readAccount(): Promise<AccountSnapshot>;
}

export function isAccountPath(url: string): boolean {
  return replyAt(url) !== undefined;
}

function replyAt(url: string): Reply | undefined {
  const path = url.split('?', 1)[0]?.replace(/\/$/, '') ?? '';
  const name = [path, path.replace(/^\/v1(?=\/)/, '')].find((known) => Object.hasOwn(replies, known));
  return name === undefined ? undefined : replies[name];
}

/**
 * GET /v1/account, and the same in the formats of other services: the last known state of the prepaid account. Any
 * local key may ask. Throws a `CorvusError`.
 */
export async function serveAccount(
  deps: AccountDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  checkRequest(request, deps.guard);
  if (request.method !== 'GET') throw new CorvusError('method_not_allowed', 'Use GET here.');
  const reply = replyAt(request.url ?? '');
  if (!reply) throw new CorvusError('route_not_found');
  // As in new-api, whose clients send no key here.
  if (reply === status) return replyJson(response, newApiStatus);
  const { caller } = await identify(readCredentials(request, false), deps.keys.find);
  replyJson(response, await reply(await deps.readAccount(), caller));
}

/** Exact, with its age. */
function accountReply({ balance, account, ageMs }: AccountSnapshot) {
  const { state, balance: total, held, spendable, asOfMs, isPlayMoney, isEstimate, topupUrl } = balance;
  return {
    object: 'account',
    currency: 'USD',
    state,
    asOf: new Date(asOfMs).toISOString(),
    ageSeconds: Math.round(ageMs / 1000),
    balance: total,
    held,
    spendable,
    status: account.status,
    totalPurchased: account.totalPurchased,
    totalGranted: account.totalGranted,
    totalUsed: account.totalUsed,
    isPlayMoney,
    isEstimate,
    topupUrl,
  };
}

/** OpenRouter's key: the amounts are the account's, those of periods are of this machine. */
async function keyReply({ money, recent }: AccountSnapshot, { label }: LocalKeyCaller) {
  const [day, week, month] = await Promise.all([recent('day'), recent('week'), recent('month')]);
  return {
    data: {
      label,
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      include_byok_in_limit: false,
      usage: usdNumber(money.used),
      usage_daily: usdNumber(day.cost),
      usage_weekly: usdNumber(week.cost),
      usage_monthly: usdNumber(month.cost),
      is_free_tier: !money.hasPaid,
      is_management_key: false,
      is_provisioning_key: false,
      rate_limit: null,
    },
  };
}

/** OpenAI's former billing page. */
function creditGrantsReply({ money }: AccountSnapshot) {
  return {
    object: 'credit_summary',
    total_granted: usdNumber(money.total),
    total_used: usdNumber(money.used),
    total_available: usdNumber(money.balance),
    grants: { object: 'list', data: [] },
  };
}

function liteLlmKeyReply({ money, account }: AccountSnapshot, { id, label }: LocalKeyCaller) {
  return {
    key: id,
    info: {
      key_name: label,
      key_alias: label,
      ...liteLlmBudget(money),
      expires: null,
      user_id: id,
      team_id: null,
      tpm_limit: null,
      rpm_limit: null,
      max_parallel_requests: null,
      model_spend: {},
      model_max_budget: {},
      blocked: account.status === 'blocked',
      metadata: {},
    },
  };
}

function meterReply({ money, account, balance }: AccountSnapshot) {
  return {
    provider: 'Corvus',
    ...meterStatus[account.status],
    updatedAt: new Date(balance.asOfMs).toISOString(),
    meters: [balanceMeter(money)],
    errors: [],
  };
}
