import type { Handlers } from '#shared/contract/contract.ts';
import type { Network } from '#proxy/network/create-network.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { Routing } from '#shared/domain/routing.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { LocalKeyRing } from './keys/local-key-ring.ts';
import type { AccountLink } from './account/account-link.ts';
import { type AccountPart, createAccountPart } from './account/account-part.ts';
import type { Ports } from './ports.ts';
import type { Store } from './store/store.ts';
import { createAppService } from './app/app-service.ts';
import { secretsInUse } from './app/secrets-in-use.ts';
import { createStorageService, type StorageService } from './app/storage-service.ts';
import type { Emit } from './emit.ts';
import type { UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { createEstimatesService, type EstimatesService } from './estimates/estimates-service.ts';
import { createEnvelopesService, type EnvelopesService } from './envelopes/envelopes-service.ts';
import { createPrepaidRoom } from './envelopes/prepaid-room.ts';
import { createKeysService, type KeysService } from './keys/keys-service.ts';
import { createModelsService } from './models/models-service.ts';
import { createPricesService } from './models/prices-service.ts';
import type { PlacePrices } from './models/place-prices.ts';
import { createDoctorService } from './doctor/doctor-service.ts';
import { createRequestDoctor } from './doctor/request-doctor.ts';
import { createNetworkService } from './network/network-service.ts';
import { createParkingService, type ParkingService } from './parking/parking-service.ts';
import { createProvidersService, type ProvidersService } from './providers/providers-service.ts';
import { createRefusalsService, type RefusalsService } from './gateway/refusals-service.ts';
import { forgettingRepeats } from './repeats/forget-repeats.ts';
import { createRepeatsService, type RepeatsService } from './repeats/repeats-service.ts';
import { createRequestsService } from './requests/requests-service.ts';
import { createRoutingService, type RoutingService } from './models/routing-service.ts';
import { createLinksService, type LinksCalls } from './app/links-service.ts';
import { type CheckPort, createSettingsService, type OllamaAddress } from './app/settings-service.ts';
import { createToolsPart } from './tools/tools-part.ts';
import type { ToolsService } from './tools/tools-service.ts';
import { createMonthFile } from './usage/month-file.ts';
import { createUsageService } from './usage/usage-service.ts';

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
  checkPort: CheckPort;
}

/** Everything behind the app API, and what the gateway needs of it. */
export interface Services {
  readonly handlers: Handlers;
  readonly account: AccountLink & Pick<AccountPart, 'obstacle' | 'snapshot'>;
  readonly providers: Pick<ProvidersService, 'current' | 'forRouting' | 'credentials' | 'proxy'>;
  readonly routing: Pick<RoutingService, 'current'>;
  readonly placePrices: PlacePrices;
  settings(): Settings;
  readonly refusals: Pick<RefusalsService, 'note'>;
  readonly repeats: Pick<RepeatsService, 'breaker' | 'answered' | 'loops'>;
  readonly parking: ParkingService['parking'];
  readonly spending: EnvelopesService['spending'];
  readonly bodies: StorageService['bodies'];
  readonly keys: Pick<KeysService, 'quickStartKey'>;
  readonly estimate: EstimatesService['estimate'];
  /** Closes what a crash left open, loads keys and providers, connects the account, starts the background jobs. */
  start(options: { withSandbox: boolean }): Promise<void>;
  /** Connected tools that name another port get this one. */
  followPort: ToolsService['followPort'];
  /** Ends syncing and the play-money service; the store stays open. */
  stop(): Promise<void>;
}

export async function createServices(parts: ServicesDeps): Promise<Services> {
  const { ports, store, emit } = parts;
  const settings = await createSettingsService(store, emit, parts);
  const routing = await createRoutingService(store, emit);
  const keys = createKeysService(parts);
  const network = createNetworkService(parts);
  const providers = createProvidersService({ ...parts, logins: network.logins });
  const refusals = createRefusalsService({ ...ports, store, emit });
  const seesBalance = (): boolean => account.link.seesBalance();
  const repeats = createRepeatsService({ ...ports, store, emit, seesBalance });
  const { parking, ...parked } = createParkingService({ ...ports, emit, seesBalance });
  const prepaid = createPrepaidRoom(() => account.link.figure(), ports.clock.nowMs);
  const account = createAccountPart({
    ...parts,
    ...prepaid,
    settings: settings.current,
    onState: () => app.changed(),
    onRise: (spendable) => [repeats.breaker.forgetBalance, parking.balanceRose].forEach((rose) => rose(spendable)),
  });
  const { link } = account;
  const requests = createRequestsService({ ...ports, store, emit, hasAccountApi: link.hasAccountApi });
  const envelopes = createEnvelopesService({ ...parts, prepaid, onRoom: parking.roomCame });
  const models = createModelParts(parts, { providers, link, routing: routing.current });
  const storage = createStorageService({ ...parts, ...account, settings, providers, onProblem: () => app.changed() });
  const app = createAppService({ ...parts, ...account, ...storage, statement: () => link.state()?.statement ?? null });
  const tools = createToolsPart({ ...parts, handlers: { ...keys.handlers, ...models.handlers } });

  return {
    handlers: completed({ ...parts, providers, link }, repeats.breaker, {
      ...app.handlers,
      ...requests.handlers,
      ...refusals.handlers,
      ...repeats.handlers,
      ...parked.handlers,
      ...models.handlers,
      ...keys.handlers,
      ...envelopes.handlers,
      ...providers.handlers,
      ...account.handlers,
      ...routing.handlers,
      ...storage.handlers,
      ...tools.handlers,
      ...network.handlers,
    }),
    account: { ...link, ...account },
    providers,
    routing,
    settings: settings.current,
    refusals,
    repeats,
    parking,
    spending: envelopes.spending,
    bodies: storage.bodies,
    followPort: tools.followPort,
    keys,
    ...models.forCalls,
    async start(options) {
      await network.start();
      await Promise.all([keys.start(), providers.start(), store.requests.closeOpen(), models.start()]);
      await envelopes.start();
      await Promise.all([account.start(options), tools.start()]);
      storage.start();
    },
    async stop() {
      await account.stop();
      for (const service of [requests, envelopes, parked, app, storage]) service.stop();
      await Promise.all([refusals.stop(), repeats.stop(), models.close()]);
    },
  };
}

/** Which models there are, what they would cost, and what was used of them. */
function createModelParts(
  parts: ServicesDeps,
  { providers, link, routing }: { providers: ProvidersService; link: AccountLink; routing(): Routing },
) {
  const { ports, store, prices } = parts;
  const placePrices = createPricesService({
    ...parts,
    account: { prices: () => link.state()?.prices ?? null, refreshPrices: link.refreshPrices },
    kindOf: (id) => providers.current().find((provider) => provider.id === id)?.kind ?? null,
  });
  const known = { prices, placePrices, providers, account: link.forRouting, routing };
  const { estimate, close, ...estimates } = createEstimatesService({ ...ports, ...known, store });
  const models = createModelsService(known);
  const usage = createUsageService({ ...ports, store });
  const monthFile = createMonthFile({
    ...ports,
    store,
    report: usage.handlers['usage.report'],
    account: () => link.state()?.account ?? null,
  });
  const ofUsage = { ...usage.handlers, ...monthFile };
  return {
    handlers: { ...models.handlers, ...estimates.handlers, ...ofUsage, ...placePrices.handlers },
    forCalls: { placePrices, estimate },
    start: placePrices.start,
    async close() {
      placePrices.stop();
      await close();
    },
  };
}

type AddedCalls = LinksCalls | Extract<keyof Handlers, `doctor.${string}`>;
interface DoctorParts extends Pick<ServicesDeps, 'ports' | 'send' | 'gatewayUrl' | 'version' | 'emit'> {
  providers: Pick<ProvidersService, 'current' | 'credentials'>;
  link: Pick<AccountLink, 'access'>;
}

/**
 * Adds the doctor and links, which make the calls that a person would make. Changes end what is remembered of requests
 * that were refused.
 */
function completed(
  parts: DoctorParts,
  breaker: RepeatsService['breaker'],
  handlers: Omit<Handlers, AddedCalls>,
): Handlers {
  const ofRequests = createRequestDoctor({ ...parts, handlers, secretsInUse: () => secretsInUse(parts) });
  return forgettingRepeats(
    {
      ...handlers,
      ...createDoctorService({ ...parts, handlers }).handlers,
      ...ofRequests,
      ...createLinksService({ ...parts, handlers }),
    },
    breaker,
  );
}
