import { type FirstByteTimeouts, standardFirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Seller, sellerSchema } from '#shared/account/billing-profile.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { poolFamilySchema } from '#shared/domain/dialect.ts';
import { modelFamilySchema, type PriceCatalogue } from '#shared/domain/model-price.ts';
import { faultLines, issueWords } from '#shared/issue-words.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import type { StreamLimits } from './balance/event-streams.ts';
import type { OrderLimits } from './billing/orders/order-limits.ts';
import { type Pools, echoForEveryFamily } from './upstreams/pool-state.ts';
import type { Concurrency } from './inference/call-slots.ts';
import { type CostProfiles, costProfilesSchema } from './pricing/cost-profiles.ts';
import { standardTariffs, type Tariffs } from './pricing/tariffs.ts';
import type { AccountRates } from './limits/account-rate-store.ts';
import { privateNetworks } from './auth/client-address.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { isLiveKey, type StripeSettings } from './stripe/connect-stripe.ts';

const credentialSchema = z.strictObject({
  name: z.string().min(1).max(80),
  baseUrl: z.url({ protocol: /^https?$/ }),
  dialectFamily: poolFamilySchema,
  apiKey: z.string().min(1),
  priority: z.int().default(0),
  weight: z.number().positive().default(1),
});
const poolsSchema = z.partialRecord(modelFamilySchema, z.union([z.literal('echo'), z.array(credentialSchema).min(1)]));

/** Has Latin, Greek and Cyrillic letters; an operator's own fonts come before it. */
const standardFont = fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));

export interface BackendConfig {
  /** An address of PostgreSQL, or the path of a SQLite file. */
  database: string;
  instance: string;
  host: string;
  port: number;
  publicBaseUrl: string | null;
  isPlayMoney: boolean;
  exhaustedStatus: 402 | 429;
  pools: Pools;
  /** The first encrypts; empty: no upstream key is kept in the database. */
  masterKeys: readonly Buffer[];
  priceCatalogue: PriceCatalogue;
  costs: CostProfiles;
  tariffs: Tariffs;
  accountRates: AccountRates;
  addressRate: number | null;
  concurrency: Concurrency;
  firstByteTimeouts: FirstByteTimeouts;
  streamLimits: StreamLimits;
  orderLimits: OrderLimits;
  trustedProxies: readonly string[];
  hasFreeTier: boolean;
  trialCredit: NanoUsd;
  writeOffLimit: NanoUsd;
  /** Null: documents name no seller. */
  seller: Seller | null;
  documentFonts: readonly Buffer[];
  /** Null: no operator's pages and API. */
  adminToken: string | null;
  /** Null: only the operator token gives access to the metrics. */
  metricsToken: string | null;
  logLevel: 'info' | 'warn' | 'error' | 'silent';
  /** Null: nothing is traced. */
  otlpEndpoint: string | null;
  /** Null: no payment provider. */
  stripe: StripeSettings | null;
}

/** Reads every setting once. Throws a sentence that names what is wrong. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  shippedCatalogue: unknown,
): BackendConfig {
  const parsed = settingsSchema.safeParse(environment, { error: issueWords });
  if (!parsed.success) throw new Error(`The service's settings are not valid.\n${faultLines(parsed.error)}`);
  const settings = parsed.data;
  const isPlayMoney = settings.CORVUSLLM_BACKEND_PLAY_MONEY;
  const pools = settings.CORVUSLLM_BACKEND_POOLS;
  const prices = settings.CORVUSLLM_BACKEND_PRICES;
  return {
    database: readDatabase(settings),
    instance: settings.CORVUSLLM_BACKEND_INSTANCE ?? `${hostname()}:${settings.CORVUSLLM_BACKEND_PORT}`,
    host: settings.CORVUSLLM_BACKEND_HOST,
    port: settings.CORVUSLLM_BACKEND_PORT,
    publicBaseUrl: settings.CORVUSLLM_BACKEND_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    isPlayMoney,
    exhaustedStatus: settings.CORVUSLLM_BACKEND_EXHAUSTED_STATUS === '402' ? 402 : 429,
    pools: pools === undefined ? defaultPools(isPlayMoney) : readJsonOf('CORVUSLLM_BACKEND_POOLS', pools, poolsSchema),
    masterKeys: (settings.CORVUSLLM_BACKEND_MASTER_KEY?.split(',') ?? []).map((key) => Buffer.from(key, 'base64')),
    priceCatalogue: parseCatalogue(
      prices === undefined ? shippedCatalogue : readJsonOf('CORVUSLLM_BACKEND_PRICES', prices, z.unknown()),
    ),
    costs: readCosts(settings.CORVUSLLM_BACKEND_COSTS),
    tariffs: readTariffs(settings),
    accountRates: {
      requestsPerMinute: settings.CORVUSLLM_BACKEND_ACCOUNT_RATE ?? null,
      burst: settings.CORVUSLLM_BACKEND_BURST_RATE ?? null,
    },
    addressRate: settings.CORVUSLLM_BACKEND_ADDRESS_RATE ?? null,
    concurrency: {
      key: settings.CORVUSLLM_BACKEND_KEY_CONCURRENCY,
      account: settings.CORVUSLLM_BACKEND_ACCOUNT_CONCURRENCY,
      total: settings.CORVUSLLM_BACKEND_CONCURRENCY,
    },
    firstByteTimeouts: {
      ...standardFirstByteTimeouts,
      usual: settings.CORVUSLLM_BACKEND_FIRST_BYTE_TIMEOUT,
      reasoning: settings.CORVUSLLM_BACKEND_REASONING_TIMEOUT,
    },
    streamLimits: { key: settings.CORVUSLLM_BACKEND_KEY_STREAMS, account: settings.CORVUSLLM_BACKEND_ACCOUNT_STREAMS },
    orderLimits: { open: settings.CORVUSLLM_BACKEND_OPEN_ORDERS, perHour: settings.CORVUSLLM_BACKEND_ORDERS_PER_HOUR },
    trustedProxies: settings.CORVUSLLM_BACKEND_TRUSTED_PROXIES ?? privateNetworks,
    hasFreeTier: settings.CORVUSLLM_BACKEND_FREE_TIER,
    trialCredit: parseUsd(settings.CORVUSLLM_BACKEND_TRIAL_CREDIT) ?? zeroUsd,
    writeOffLimit: parseUsd(settings.CORVUSLLM_BACKEND_WRITE_OFF_LIMIT) ?? zeroUsd,
    documentFonts: readFonts(settings.CORVUSLLM_BACKEND_DOCUMENT_FONTS),
    adminToken: settings.CORVUSLLM_BACKEND_ADMIN_TOKEN ?? null,
    metricsToken: settings.CORVUSLLM_BACKEND_METRICS_TOKEN ?? null,
    logLevel: settings.CORVUSLLM_BACKEND_LOG_LEVEL,
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    stripe: readStripe(settings),
    seller: readSeller(settings),
  };
}

function readTariffs(settings: Settings): Tariffs {
  const named = settings.CORVUSLLM_BACKEND_MODE_CREDITS?.split(',').map((entry) => entry.split('=')) ?? [];
  const modeCredits = Object.fromEntries(named.map(([mode, credits]) => [mode, Number(credits)]));
  return {
    plan: settings.CORVUSLLM_BACKEND_BILLING_PLAN,
    modeCredits: { ...standardTariffs.modeCredits, ...modeCredits },
    minimumCharge: parseUsd(settings.CORVUSLLM_BACKEND_MINIMUM_CHARGE) ?? zeroUsd,
  };
}

function readCosts(path: string | undefined): CostProfiles {
  return path === undefined ? [] : readJsonOf('CORVUSLLM_BACKEND_COSTS', path, costProfilesSchema);
}

function readFonts(paths: string | undefined): Buffer[] {
  const own = paths?.split(',') ?? [];
  return [
    ...own.map((path) => readFileOf('CORVUSLLM_BACKEND_DOCUMENT_FONTS', path.trim())),
    readFileSync(standardFont),
  ];
}

function readDatabase({ DATABASE_URL: url, CORVUSLLM_BACKEND_DATABASE: path }: Settings): string {
  if (url !== undefined && path !== undefined) {
    throw new Error(
      'DATABASE_URL names a PostgreSQL database and CORVUSLLM_BACKEND_DATABASE a SQLite file: set only one of them.',
    );
  }
  const place = url ?? path;
  if (place === undefined) {
    throw new Error(
      'Set the database: DATABASE_URL=postgres://… for PostgreSQL, or CORVUSLLM_BACKEND_DATABASE=<path> for a SQLite file.',
    );
  }
  return place;
}

function readStripe(settings: Settings): StripeSettings | null {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_BASE: apiBase } = settings;
  if (secretKey === undefined && webhookSecret === undefined) return null;
  if (secretKey === undefined || webhookSecret === undefined) {
    throw new Error(
      'Stripe needs both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET: without the second, no payment could ever be credited.',
    );
  }
  if (settings.CORVUSLLM_BACKEND_PLAY_MONEY)
    throw new Error('A service with play money takes no payments: leave out the STRIPE_ settings.');
  if (isLiveKey(secretKey) && settings.CORVUSLLM_BACKEND_PUBLIC_URL === undefined) {
    throw new Error('Live payments need CORVUSLLM_BACKEND_PUBLIC_URL: it is where Stripe sends customers back to.');
  }
  return { secretKey, webhookSecrets: webhookSecret.split(','), apiBase: apiBase ?? null };
}

function readSeller(settings: Settings): Seller | null {
  const { CORVUSLLM_BACKEND_SELLER: path, STRIPE_SECRET_KEY: secretKey } = settings;
  if (path !== undefined) return readJsonOf('CORVUSLLM_BACKEND_SELLER', path, sellerSchema);
  if (secretKey !== undefined && isLiveKey(secretKey)) {
    throw new Error(
      'Live payments need CORVUSLLM_BACKEND_SELLER: every invoice says who sells, and is never changed afterwards.',
    );
  }
  return null;
}

/** Without pools only the built-in model is served; with play money it serves every family. */
function defaultPools(isPlayMoney: boolean): Pools {
  return isPlayMoney ? echoForEveryFamily : { corvus: 'echo' };
}

/** What the JSON file of a setting says. Throws a sentence that names the setting. */
function readJsonOf<Output>(name: keyof Settings, path: string, schema: z.ZodType<Output>): Output {
  const value = parseJson(readFileOf(name, path).toString('utf8'));
  if (value === undefined) throw new Error(`${name} is not JSON: ${path}`);
  const parsed = schema.safeParse(value, { error: issueWords });
  if (parsed.success) return parsed.data;
  throw new Error(`${name} is not valid: ${path}\n${faultLines(parsed.error)}`);
}

function readFileOf(name: keyof Settings, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} names a file that cannot be read: ${why}`, { cause: error });
  }
}
