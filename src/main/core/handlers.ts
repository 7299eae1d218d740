import type { Handlers } from '#shared/contract/contract.ts';
import type { Network } from '#proxy/network/create-network.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { LocalKeyRing } from './keys/local-key-ring.ts';
import { type AccountLink, createAccountLink } from './account/account-link.ts';
import type { AccountState } from './account/account-sync.ts';
import type { Ports } from './ports.ts';
import type { Store } from './store/store.ts';
import { type AccountService, createAccountService } from './account/account-service.ts';
import { createAppService } from './app/app-service.ts';
import { createBalanceService } from './account/balance-service.ts';
import { createBalanceWatch } from './account/balance-alerts.ts';
import { createBillingService } from './account/billing-service.ts';
import type { Emit } from './emit.ts';
import type { UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { createEnvelopesService, type EnvelopesService } from './envelopes/envelopes-service.ts';
import { createKeysService, type KeysService } from './keys/keys-service.ts';
import { createModelsService } from './models/models-service.ts';
import { createDoctorService } from './doctor/doctor-service.ts';
import { createNetworkService } from './network/network-service.ts';
import { createProvidersService, type ProvidersService } from './providers/providers-service.ts';
import { createRefusalsService, type RefusalsService } from './gateway/refusals-service.ts';
import { createRequestsService } from './requests/requests-service.ts';
import { type Retention, startRetention } from './requests/retention.ts';
import { createRoutingService, type RoutingService } from './models/routing-service.ts';
import { createSettingsService, type OllamaAddress, type SettingsService } from './app/settings-service.ts';
import { createToolsService } from './tools/tools-service.ts';
import { createUsageService } from './usage/usage-service.ts';
import { createStatementService } from './account/statement-service.ts';

export interface ServicesDeps {
  ports: Ports;
  store: Store;
  prices: PriceBook;
  ring: Pick<LocalKeyRing, 'replace'>;
  network: Network;
  send: Send;
  emit: Emit;
  version: string;
  selector: Pick<UpstreamSelector, 'failing'>;
  /** Where the gateway listens; null before it does. */
  gatewayUrl(): string | null;
  /** Every address it listens on. */
  ownOrigins(): readonly string[];
  ollama: OllamaAddress;
}

/** Everything behind the app API, and what the gateway needs of it. */
export interface Services {
  readonly handlers: Handlers;
  readonly account: AccountLink & Pick<AccountService, 'obstacle'>;
  readonly providers: Pick<ProvidersService, 'current' | 'forRouting' | 'credentials' | 'proxy'>;
  readonly routing: Pick<RoutingService, 'current'>;
  settings(): Settings;
  readonly refusals: Pick<RefusalsService, 'note'>;
  readonly spending: EnvelopesService['spending'];
  readonly keys: Pick<KeysService, 'quickStartKey'>;
  /** Closes what a crash left open, loads keys and providers, connects the account, starts the background jobs. */
  start(options: { withSandbox: boolean }): Promise<void>;
  /** Ends syncing and the play-money service; the store stays open. */
  stop(): Promise<void>;
}

export async function createServices(parts: ServicesDeps): Promise<Services> {
  const { ports, store, prices, emit } = parts;
  // The account's events go to services that need the link themselves; it emits none before `start`.
  const link = createAccountLink({ ...parts, ...ports, onState, onOrder: (order) => emit('billing.order-changed', order) });

  const settings = await createSettingsService(store, emit, parts.ollama);
  const routing = await createRoutingService(store, emit);
  const keys = createKeysService(parts);
  const network = createNetworkService(parts);
  const providers = createProvidersService({ ...parts, logins: network.logins });
  const account = createAccountService({ ...parts, link });
  const requests = createRequestsService({ ...ports, store, emit, hasAccountApi: () => link.state()?.hasAccountApi ?? null });
  const refusals = createRefusalsService({ ...ports, store, emit });
  const envelopes = createEnvelopesService(parts);
  const models = createModelsService({ prices, providers, account: link.forRouting, routing: routing.current });
  const statement = createStatementService({ link, emit });
  const watch = createBalanceWatch(ports.notify, () => settings.current().lowBalance);
  const balance = createBalanceService({ ...ports, link, store, watch, emit });
  const app = createAppService({ ...parts, ...account, statement: () => link.state()?.statement ?? null });
  const tools = createToolsService({ ...parts, handlers: { ...keys.handlers, ...models.handlers } });
  let retention: Retention | null = null;

  function onState(state: AccountState): void {
    account.onState(state);
    statement.onReport(state.statement);
    balance.changed();
    app.changed();
  }

  return {
    handlers: withDoctor(parts, {
      ...app.handlers,
      ...balance.handlers,
      ...requests.handlers,
      ...createUsageService({ ...ports, store }).handlers,
      ...refusals.handlers,
      ...models.handlers,
      ...keys.handlers,
      ...envelopes.handlers,
      ...providers.handlers,
      ...withBalanceMessages(account.handlers, balance.changed),
      ...statement.handlers,
      ...createBillingService({ ...ports, link, store, emit }).handlers,
      ...routing.handlers,
      ...withCleaning(settings.handlers, () => retention?.clean()),
      ...tools.handlers,
      ...network.handlers,
    }),
    account: { ...link, obstacle: account.obstacle },
    providers,
    routing,
    settings: settings.current,
    refusals,
    spending: envelopes.spending,
    keys,
    async start(options) {
      await network.start();
      await Promise.all([keys.start(), providers.start(), store.requests.closeOpen()]);
      await envelopes.start();
      await Promise.all([account.start(options), tools.start()]);
      retention = startRetention({ ...ports, store, settings: settings.current });
    },
    async stop() {
      retention?.stop();
      await account.stop();
      for (const service of [requests, balance, envelopes, app]) service.stop();
      await refusals.stop();
    },
  };
}

/** The doctor makes the calls that a person would make. */
function withDoctor(parts: Pick<ServicesDeps, 'ports' | 'send' | 'gatewayUrl'>, handlers: Omit<Handlers, 'doctor.run'>): Handlers {
  return { ...handlers, ...createDoctorService({ ...parts, handlers }).handlers };
}

/** What the new settings no longer allow to be kept is deleted at once. */
function withCleaning(handlers: SettingsService['handlers'], clean: () => void): SettingsService['handlers'] {
  return {
    ...handlers,
    async 'settings.set'(input) {
      const changed = await handlers['settings.set'](input);
      clean();
      return changed;
    },
  };
}

type AccountHandlers = Pick<Handlers, 'account.get' | 'account.connect' | 'account.use-sandbox' | 'account.disconnect'>;

/** Another account has another balance, even before it has answered. */
function withBalanceMessages(handlers: AccountHandlers, changed: () => void): AccountHandlers {
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
