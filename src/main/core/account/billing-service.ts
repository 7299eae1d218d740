import { maximumTopup, minimumTopup } from '#shared/account/orders.ts';
import type { Order } from '#shared/account/orders.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd } from '#shared/money.ts';
import type { AccountLink } from './account-link.ts';
import type { Logger } from '#shared/ports.ts';
import type { OpenExternal } from '../ports.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';

export interface BillingServiceDeps {
  link: AccountLink;
  store: Pick<Store, 'mirror'>;
  openExternal: OpenExternal;
  logger: Logger;
  emit: Emit;
}

export interface BillingService {
  handlers: Pick<Handlers, 'billing.topup' | 'billing.open-checkout' | 'billing.orders' | 'billing.ledger'>;
}

export function createBillingService({ link, store, openExternal, logger, emit }: BillingServiceDeps): BillingService {
  const accountId = (): string | null => link.state()?.account?.id ?? null;

  async function storedOrders(): Promise<Order[]> {
    const id = accountId();
    return id === null ? [] : store.mirror.orders(id);
  }

  /** The service's own list; without it, the last list this machine received. */
  async function currentOrders(): Promise<Order[]> {
    const id = accountId();
    if (id === null) return [];
    try {
      const orders = await link.client().orders();
      await store.mirror.saveOrders(id, orders);
    } catch (error) {
      logger.info('billing.orders-unreachable', { message: String(error) });
    }
    return store.mirror.orders(id);
  }

  const handlers = {
    async 'billing.topup'({ amount }) {
      checkAmount(amount);
      const order = await link.client().createTopup(amount);
      const id = accountId();
      if (id !== null) await store.mirror.saveOrders(id, [order]);
      emit('billing.order-changed', order);
      return order;
    },
    async 'billing.open-checkout'({ orderId }) {
      const isWanted = (order: Order) => order.id === orderId;
      const order = (await storedOrders()).find(isWanted) ?? (await currentOrders()).find(isWanted);
      if (!order) throw new CorvusError('not_found', 'This order does not exist.');
      await openExternal.open(order.checkoutUrl);
      return { url: order.checkoutUrl };
    },
    'billing.orders': currentOrders,
    async 'billing.ledger'({ cursor, limit }) {
      const id = accountId();
      return id === null ? { lines: [], nextCursor: null } : store.mirror.lines(id, cursor, limit);
    },
  } satisfies BillingService['handlers'];
  return { handlers };
}

function checkAmount(text: string): void {
  const [amount, least, most] = [parseUsd(text), parseUsd(minimumTopup), parseUsd(maximumTopup)];
  if (amount !== null && least !== null && most !== null && amount >= least && amount <= most) return;
  throw new CorvusError('bad_request', `A top-up is at least $${minimumTopup} and at most $${maximumTopup}.`, {
    param: 'amount',
  });
}
