import { readAccount } from '../../accounts/read-account.ts';
import type { KeyEndpoint } from '../endpoint.ts';

/**
 * The balance as balance trackers read it elsewhere: the members of OpenRouter's answer (numbers, under `data`) and of Vercel's
 * (text) side by side. The numbers are for display; the exact figures are in `GET /v1/account`.
 */
export const getCredits: KeyEndpoint = {
  method: 'get',
  path: '/v1/credits',
  access: 'key',
  async handle(context, { db, isPlayMoney, payments, clock, topupUrl }, { accountId }) {
    const facts = { isPlayMoney, topupUrl: topupUrl(), hasAutoTopup: payments.isConnected, nowMs: clock.nowMs() };
    const { balance, totalPurchased, totalUsed } = await readAccount(db, accountId, facts);
    const data = { total_credits: Number(totalPurchased), total_usage: Number(totalUsed) };
    return context.json({ data, balance, total_used: totalUsed });
  },
};
