import type { CallName, EventName } from './contract.ts';

/** The allow-list of the preload bridge: names only, so that it carries no schema code. A test holds it equal to the contract. */
export const callNames = [
  'app.status',
  'balance.get',
  'balance.spend',
  'balance.series',
  'requests.list',
  'requests.get',
  'requests.facets',
  'models.list',
  'keys.list',
  'keys.create',
  'keys.revoke',
  'providers.list',
  'providers.catalogue',
  'providers.add',
  'providers.set-key',
  'providers.remove',
  'providers.test',
  'account.get',
  'account.connect',
  'account.use-sandbox',
  'account.disconnect',
  'billing.topup',
  'billing.open-checkout',
  'billing.orders',
  'billing.ledger',
  'settings.get',
  'settings.set',
] as const satisfies readonly CallName[];

export const eventNames = [
  'app.notices-changed',
  'balance.changed',
  'requests.changed',
  'keys.changed',
  'providers.changed',
  'account.changed',
  'billing.order-changed',
  'settings.changed',
] as const satisfies readonly EventName[];
