import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { createAccount, type NewAccount } from '../accounts/create-account.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type ConfirmResult, confirmOrderPaid } from '../billing/orders/confirm-order-paid.ts';
import type { Db } from '../database/open-database.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Random } from '#shared/ports.ts';

interface AdministrationDeps {
  db: Db;
  clock: Pick<Clock, 'nowMs'>;
  random: Random;
  events: Pick<Events, 'emit'>;
  authenticator: Authenticator;
  tariffs: Tariffs;
  isPlayMoney: boolean;
}

/** What the program that runs the service may do without HTTP. */
export interface Administration {
  createAccount(label: string): Promise<NewAccount>;
  /** Whether this customer key opens an account here. */
  knowsKey(customerKey: string): Promise<boolean>;
  revokeKey(customerKeyId: string): Promise<boolean>;
  /** What a verified payment does; doing it twice has no further effect. */
  confirmOrderPaid(orderId: string, paymentId: string): Promise<ConfirmResult>;
}

const playMoneyGrant: NanoUsd = nanoUsd(25_000_000_000n);

export function createAdministration(deps: AdministrationDeps): Administration {
  const { db, clock, random, events, authenticator, tariffs, isPlayMoney } = deps;
  return {
    createAccount: (label) =>
      createAccount(db, random, clock.nowMs(), {
        label,
        grant: isPlayMoney ? playMoneyGrant : zeroUsd,
        grantDescription: 'Play money to try things with',
        plan: tariffs.plan,
      }),
    async knowsKey(customerKey) {
      try {
        await authenticator.authenticate(customerKey);
        return true;
      } catch {
        return false;
      }
    },
    revokeKey: (customerKeyId) => authenticator.revoke(customerKeyId),
    async confirmOrderPaid(orderId, paymentId) {
      const result = await confirmOrderPaid(db, { orderId, paymentId, isPlayMoney, nowMs: clock.nowMs() });
      if (result.kind === 'credited') events.emit('account.changed', { accountId: result.order.account_id });
      return result;
    },
  };
}
