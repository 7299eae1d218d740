import { atLeastZero, lesserOf, nanoUsd, type NanoUsd, usdText } from '../money.ts';
import type { Account } from './account.ts';

/**
 * The balance in the formats that tools know from other services. Money is a JSON number where theirs is: the one
 * nearest to the exact amount. Nothing is negative, and `total` is `used` plus `balance`.
 */
export interface BalanceFigures {
  /** Everything that was ever credited. */
  total: NanoUsd;
  used: NanoUsd;
  balance: NanoUsd;
  /** What is left of promotional credit, which counts as spent first. */
  grantedRest: NanoUsd;
  hasPaid: boolean;
}

/** A debt shows as an empty balance. */
export function balanceFigures(balance: bigint, credited: bigint, granted: bigint): BalanceFigures {
  const shown = atLeastZero(balance);
  const used = atLeastZero(credited - balance);
  const unspentGrant = atLeastZero(granted - used);
  return {
    total: nanoUsd(shown + used),
    used,
    balance: shown,
    grantedRest: lesserOf(unspentGrant, shown),
    hasPaid: credited > granted,
  };
}

/** The number nearest to the exact amount. */
export function usdNumber(amount: NanoUsd): number {
  return Number(usdText(amount));
}

/** OpenRouter's members (numbers, under `data`) and Vercel's (text) side by side: they share no name. */
export function creditsReply({ total, used, balance }: BalanceFigures) {
  return {
    data: { total_credits: usdNumber(total), total_usage: usdNumber(used) },
    balance: usdText(balance),
    total_used: usdText(used),
  };
}

/** DeepSeek's: what was given apart from what was paid. */
export function deepSeekReply({ balance, grantedRest }: BalanceFigures) {
  return {
    is_available: balance > 0n,
    balance_infos: [
      {
        currency: 'USD' as const,
        total_balance: usdText(balance),
        granted_balance: usdText(grantedRest),
        topped_up_balance: usdText(nanoUsd(balance - grantedRest)),
      },
    ],
  };
}

/** OpenAI's former limit; what is left is that less the usage. */
export function subscriptionReply({ total, hasPaid }: BalanceFigures) {
  const limit = usdNumber(total);
  return {
    object: 'billing_subscription' as const,
    has_payment_method: hasPaid,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: 0 as const,
  };
}

/** In cents, of all time. */
export function billingUsageReply({ used }: BalanceFigures) {
  return { object: 'list' as const, total_usage: usdNumber(nanoUsd(used * 100n)) };
}

/** new-api and its forks count money in units; a dollar has half a million. */
const quotaPerUsd = 500_000n;
const nanoPerQuota = 1_000_000_000n / quotaPerUsd;

/** Rounded so that the rest is never shown larger than it is, and the sum is right. */
export function tokenUsageReply({ total, balance }: BalanceFigures, name: string) {
  const granted = Number(total / nanoPerQuota);
  const available = Number(balance / nanoPerQuota);
  return {
    code: true as const,
    message: 'ok',
    data: {
      object: 'token_usage' as const,
      name,
      total_granted: granted,
      total_used: granted - available,
      total_available: available,
      unlimited_quota: false as const,
      model_limits: {},
      model_limits_enabled: false as const,
      /** new-api's value for "never". */
      expires_at: 0 as const,
    },
  };
}

/** What new-api's clients need to convert quota to dollars. */
export const newApiStatus = {
  success: true as const,
  message: '',
  data: {
    system_name: 'Corvus',
    quota_per_unit: Number(quotaPerUsd),
    quota_display_type: 'USD' as const,
    display_in_currency: true as const,
  },
};

/** LiteLLM's budget: everything that was ever credited; less the spend it is the balance. It is never reset. */
export function liteLlmBudget({ total, used }: BalanceFigures) {
  return { spend: usdNumber(used), max_budget: usdNumber(total), budget_duration: null, budget_reset_at: null };
}

/** LiteLLM's user, where widgets that know a key read the budget. */
export function liteLlmUser(money: BalanceFigures, userId: string) {
  return {
    user_id: userId,
    user_info: { user_id: userId, user_alias: null, user_email: null, ...liteLlmBudget(money), metadata: {} },
    keys: [],
    teams: [],
  };
}

/** The balance as a meter of the Claude Code Router. */
export function balanceMeter({ total, used, balance }: BalanceFigures) {
  return {
    id: 'balance' as const,
    kind: 'balance' as const,
    label: 'Balance',
    limit: usdNumber(total),
    remaining: usdNumber(balance),
    used: usdNumber(used),
    unit: 'USD' as const,
    window: null,
    resetAt: null,
  };
}

/** An account's state in the words of that router. */
export const meterStatus: Readonly<
  Record<Account['status'], { status: 'ok' | 'warning' | 'critical'; message: string | null }>
> = {
  ok: { status: 'ok', message: null },
  low: { status: 'warning', message: 'The balance is low.' },
  exhausted: { status: 'critical', message: 'The balance is used up.' },
  blocked: {
    status: 'critical',
    message: 'A payment was taken back after it was spent; the account is blocked until that is paid.',
  },
};

/** sub2api's, with a day's usage. */
export function sub2ApiReply({ balance }: BalanceFigures, day: { requests: number; tokens: number; cost: NanoUsd }) {
  const left = usdNumber(balance);
  return {
    mode: 'unrestricted' as const,
    isValid: true,
    status: balance > 0n ? ('active' as const) : ('quota_exhausted' as const),
    planName: 'Prepaid',
    remaining: left,
    balance: left,
    unit: 'USD' as const,
    usage: { today: { requests: day.requests, total_tokens: day.tokens, actual_cost: usdNumber(day.cost) } },
  };
}
