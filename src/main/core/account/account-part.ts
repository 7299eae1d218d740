import type { LedgerLine } from '#shared/account/ledger.ts';
import type { Network } from '#proxy/network/create-network.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { type AccountLink, createAccountLink } from './account-link.ts';
import { type AccountService, createAccountService } from './account-service.ts';
import { type AccountSnapshot, readSnapshot } from './account-snapshot.ts';
import type { AccountState } from './account-state.ts';
import { createAutoTopupWatch } from './auto-topup-alerts.ts';
import { createStatusFile } from './status-file.ts';
import { createBalanceWatch } from './balance-alerts.ts';
import { createChargeWatch } from './charge-alerts.ts';
import { createBalanceService } from './balance-service.ts';
import { createBillingService } from './billing-service.ts';
import { createRiseWatch } from './rise-watch.ts';
import { createStatementService } from './statement-service.ts';

export interface AccountPartDeps {
  ports: Ports;
  store: Store;
  prices: PriceBook;
  network: Network;
  emit: Emit;
  ownOrigins(): readonly string[];
  settings(): Pick<Settings, 'lowBalance' | 'statusFile'>;
  onState(): void;
  /** The least that requests from this machine cost beyond the holds and charges that the account has reported. */
  inFlight(): NanoUsd;
  /** Statement lines have arrived; the totals that include them follow. */
  charged(lines: readonly LedgerLine[]): void;
  /** The spendable balance has increased to this amount. */
  onRise(spendable: NanoUsd): void;
}

/** The prepaid account, with its part of the app API. */
export interface AccountPart extends Pick<AccountService, 'connection' | 'obstacle' | 'damagedSandbox' | 'start'> {
  readonly link: AccountLink;
  /** For programs on this machine. Rejects with a `CorvusError` if nothing is known. */
  snapshot(): Promise<AccountSnapshot>;
  /** A changed setting may affect what is written for status bars. */
  onSettings(): void;
  readonly handlers: Pick<
    Handlers,
    Extract<keyof Handlers, `account.${string}` | `balance.${string}` | `billing.${string}`>
  >;
  stop(): Promise<void>;
}

export function createAccountPart(parts: AccountPartDeps): AccountPart {
  const { ports, store, emit } = parts;
  // The account's events go to services that need the link themselves; it emits none before `start`.
  const link = createAccountLink({
    ...parts,
    ...ports,
    onState,
    onLines: parts.charged,
    onOrder: (order) => emit('billing.order-changed', order),
  });
  const account = createAccountService({ ...parts, link });
  const statement = createStatementService({ link, emit });
  const watch = createBalanceWatch(ports.notify, () => parts.settings().lowBalance);
  const balance = createBalanceService({ ...parts, ...ports, link, watch });
  const billing = createBillingService({ ...ports, link, store, emit });
  const rises = createRiseWatch(parts.onRise);
  const autoTopups = createAutoTopupWatch(ports.notify);
  const readBalance = () => balance.handlers['balance.get']({ refresh: false });
  const statusFile = createStatusFile({
    ...ports,
    isOn: () => parts.settings().statusFile,
    balance: readBalance,
    spend: (timeZone) => balance.handlers['balance.spend']({ timeZone }),
  });
  const stopSeeingRequests = store.requests.onChanged(statusFile.changed);
  const stopSeeingCharges = store.requests.onChanged(createChargeWatch(ports.notify));

  function onState(state: AccountState): void {
    account.onState(state);
    rises.see(state);
    autoTopups.see(state);
    statement.onReport(state.statement);
    balance.changed();
    statusFile.changed();
    parts.onState();
  }

  return {
    ...account,
    link,
    snapshot: () => readSnapshot({ ...ports, store, link, balance: readBalance }),
    onSettings: statusFile.changed,
    handlers: {
      ...withBalanceMessages(account.handlers, balance.changed),
      ...balance.handlers,
      ...statement.handlers,
      ...billing.handlers,
    },
    async stop() {
      stopSeeingCharges();
      stopSeeingRequests();
      statusFile.stop();
      await statusFile.settled();
      await account.stop();
      balance.stop();
    },
  };
}

type ConnectionHandlers = AccountService['handlers'];

/** A different account has a different balance, even before it has answered. */
function withBalanceMessages(handlers: ConnectionHandlers, changed: () => void): ConnectionHandlers {
  const after = async <T>(result: Promise<T>): Promise<T> => {
    const value = await result;
    changed();
    return value;
  };
  return {
    ...handlers,
    'account.connect': (input) => after(handlers['account.connect'](input)),
    'account.use-sandbox': () => after(handlers['account.use-sandbox'](undefined)),
    'account.disconnect': () => after(handlers['account.disconnect'](undefined)),
  };
}
