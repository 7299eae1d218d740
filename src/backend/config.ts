import { type FirstByteTimeouts, standardFirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Seller, sellerSchema } from '#shared/account/billing-profile.ts';
import { billingPlanSchema } from '#shared/account/request-billing.ts';
import { poolFamilySchema } from '#shared/domain/dialect.ts';
import { modelFamilySchema, type PriceCatalogue } from '#shared/domain/model-price.ts';
import { faultLines, issueWords } from '#shared/issue-words.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { type StreamLimits, standardStreamLimits } from './balance/event-streams.ts';
import { type OrderLimits, standardOrderLimits } from './billing/orders/order-limits.ts';
import { type Pools, echoForEveryFamily } from './upstreams/pool-state.ts';
import { type Concurrency, standardConcurrency } from './inference/call-slots.ts';
import { type CostProfiles, costProfilesSchema } from './pricing/cost-profiles.ts';
import { standardTariffs, type Tariffs } from './pricing/tariffs.ts';
import type { AccountRates } from './limits/account-rate-store.ts';
import { isNetwork, privateNetworks } from './auth/client-address.ts';
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

const requestCount = z.coerce.number().int().min(1).max(1_000_000);
const timeoutSeconds = z.coerce.number().int().min(5).max(3600);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const environmentSchema = z.object({
  /** PostgreSQL; without it, a SQLite file is named below. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres://')
    .optional(),
  CORVUSLLM_BACKEND_DATABASE: z.string().min(1).optional(),
  /** Distinguishes this instance from others on the same database; stays the same after a restart. */
  CORVUSLLM_BACKEND_INSTANCE: z
    .string()
    .regex(/^[\w.:-]{1,80}$/, 'must be 1 to 80 letters, digits, dots, colons or dashes')
    .optional(),
  CORVUSLLM_BACKEND_HOST: z.string().default('127.0.0.1'),
  CORVUSLLM_BACKEND_PORT: z.coerce.number().int().min(0).max(65_535).default(4480),
  CORVUSLLM_BACKEND_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  CORVUSLLM_BACKEND_PLAY_MONEY: flag.default(false),
  CORVUSLLM_BACKEND_EXHAUSTED_STATUS: z.enum(['402', '429']).default('429'),
  /** A JSON file: model family -> "echo" or a list of credentials. */
  CORVUSLLM_BACKEND_POOLS: z.string().optional(),
  /** Encrypts the upstream keys in the database. During a rotation two, the newer first, with a comma between. */
  CORVUSLLM_BACKEND_MASTER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=(,[A-Za-z0-9+/]{43}=)?$/, 'must be 32 random bytes as base64: openssl rand -base64 32')
    .optional(),
  /** A JSON file: what upstreams charge for models. */
  CORVUSLLM_BACKEND_COSTS: z.string().optional(),
  /** US dollars of opening credit for an account that an operator opens. */
  CORVUSLLM_BACKEND_TRIAL_CREDIT: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,2})?$/, 'must be an amount such as 5.00')
    .default('0'),
  /** US dollars that the service writes off for one account in a day (UTC) before it stops the account. */
  CORVUSLLM_BACKEND_WRITE_OFF_LIMIT: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,2})?$/, 'must be an amount such as 1.00')
    .default('1.00'),
  /** The billing plan of new accounts. */
  CORVUSLLM_BACKEND_BILLING_PLAN: billingPlanSchema.default('tokens'),
  /** What modes reserve of accounts that pay in credits, where it differs from the standard. */
  CORVUSLLM_BACKEND_MODE_CREDITS: z
    .string()
    .regex(
      /^(chat|mesh|compare|blend|judge)=[1-9]\d{0,3}(,(chat|mesh|compare|blend|judge)=[1-9]\d{0,3})*$/,
      'must be such as compare=3,judge=6',
    )
    .optional(),
  /** US dollars: the minimum charge of a request where tokens are paid for. */
  CORVUSLLM_BACKEND_MINIMUM_CHARGE: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,9})?$/, 'must be an amount such as 0.0001')
    .default('0'),
  /** Requests a minute of any account, on all instances together. */
  CORVUSLLM_BACKEND_ACCOUNT_RATE: requestCount.optional(),
  /** Requests in ten seconds of any account, on all instances together. */
  CORVUSLLM_BACKEND_BURST_RATE: requestCount.optional(),
  /** Requests a minute from any address, at each instance. */
  CORVUSLLM_BACKEND_ADDRESS_RATE: requestCount.optional(),
  /** Concurrent calls of a key, of an account and in total that one instance answers. */
  CORVUSLLM_BACKEND_KEY_CONCURRENCY: requestCount.default(standardConcurrency.key),
  CORVUSLLM_BACKEND_ACCOUNT_CONCURRENCY: requestCount.default(standardConcurrency.account),
  CORVUSLLM_BACKEND_CONCURRENCY: requestCount.default(standardConcurrency.total),
  /**
   * Seconds until a stream of an upstream must begin while another credential is left, and the same for models that
   * reason.
   */
  CORVUSLLM_BACKEND_FIRST_BYTE_TIMEOUT: timeoutSeconds.default(standardFirstByteTimeouts.usual),
  CORVUSLLM_BACKEND_REASONING_TIMEOUT: timeoutSeconds.default(standardFirstByteTimeouts.reasoning),
  /** Event streams of a key and of an account that one instance keeps open. */
  CORVUSLLM_BACKEND_KEY_STREAMS: requestCount.default(standardStreamLimits.key),
  CORVUSLLM_BACKEND_ACCOUNT_STREAMS: requestCount.default(standardStreamLimits.account),
  /** The proxies whose `X-Forwarded-For` is trusted. Empty: none. */
  CORVUSLLM_BACKEND_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .refine(
      (networks) => networks.every(isNetwork),
      'must be addresses or networks such as 10.0.0.0/8, with a comma between',
    )
    .optional(),
  /** Unpaid top-ups of an account at most. */
  CORVUSLLM_BACKEND_OPEN_ORDERS: z.coerce.number().int().min(1).max(10_000).default(standardOrderLimits.open),
  /** Top-ups that an account opens in an hour, at most. */
  CORVUSLLM_BACKEND_ORDERS_PER_HOUR: z.coerce.number().int().min(1).max(10_000).default(standardOrderLimits.perHour),
  /** Accounts that never topped up may use free models only. */
  CORVUSLLM_BACKEND_FREE_TIER: flag.default(false),
  /** A JSON file that replaces the shipped catalogue. */
  CORVUSLLM_BACKEND_PRICES: z.string().optional(),
  /** The token that gives access to the operator's pages and API. */
  CORVUSLLM_BACKEND_ADMIN_TOKEN: z
    .string()
    .regex(/^[!-~]{32,512}$/, 'must be 32 characters or more, without spaces')
    .optional(),
  /** A JSON file: the seller on invoices. */
  CORVUSLLM_BACKEND_SELLER: z.string().optional(),
  /** Font files with a comma between: for names that the standard fonts cannot write. */
  CORVUSLLM_BACKEND_DOCUMENT_FONTS: z.string().optional(),
  /** Gives access to the metrics, and nothing else. */
  CORVUSLLM_BACKEND_METRICS_TOKEN: z
    .string()
    .regex(/^[!-~]{32,512}$/, 'must be 32 characters or more, without spaces')
    .optional(),
  CORVUSLLM_BACKEND_LOG_LEVEL: z.enum(['info', 'warn', 'error', 'silent']).default('info'),
  /** Where traces go. The exporter itself reads the other OTEL_ variables. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, 'must be a secret or restricted key of Stripe')
    .optional(),
  /** During a rotation two, with a comma between. */
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+(,whsec_\w+)?$/, 'must be the signing secret of the webhook endpoint')
    .optional(),
  STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
});

/** The name of every setting. */
export const settingNames: readonly string[] = Object.keys(environmentSchema.shape);

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
  const parsed = environmentSchema.safeParse(environment, { error: issueWords });
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
    pools: pools === undefined ? defaultPools(isPlayMoney) : poolsSchema.parse(readJson(pools)),
    masterKeys: (settings.CORVUSLLM_BACKEND_MASTER_KEY?.split(',') ?? []).map((key) => Buffer.from(key, 'base64')),
    priceCatalogue: parseCatalogue(prices === undefined ? shippedCatalogue : readJson(prices)),
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
    documentFonts: [...(settings.CORVUSLLM_BACKEND_DOCUMENT_FONTS?.split(',') ?? []), standardFont].map((path) =>
      readFileSync(path.trim()),
    ),
    adminToken: settings.CORVUSLLM_BACKEND_ADMIN_TOKEN ?? null,
    metricsToken: settings.CORVUSLLM_BACKEND_METRICS_TOKEN ?? null,
    logLevel: settings.CORVUSLLM_BACKEND_LOG_LEVEL,
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    stripe: readStripe(settings),
    seller: readSeller(settings),
  };
}

function readTariffs(settings: z.infer<typeof environmentSchema>): Tariffs {
  const named = settings.CORVUSLLM_BACKEND_MODE_CREDITS?.split(',').map((entry) => entry.split('=')) ?? [];
  const modeCredits = Object.fromEntries(named.map(([mode, credits]) => [mode, Number(credits)]));
  return {
    plan: settings.CORVUSLLM_BACKEND_BILLING_PLAN,
    modeCredits: { ...standardTariffs.modeCredits, ...modeCredits },
    minimumCharge: parseUsd(settings.CORVUSLLM_BACKEND_MINIMUM_CHARGE) ?? zeroUsd,
  };
}

function readCosts(path: string | undefined): CostProfiles {
  return path === undefined ? [] : readFileAs(costProfilesSchema, 'CORVUSLLM_BACKEND_COSTS', path);
}

function readDatabase({
  DATABASE_URL: url,
  CORVUSLLM_BACKEND_DATABASE: path,
}: z.infer<typeof environmentSchema>): string {
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

function readStripe(settings: z.infer<typeof environmentSchema>): StripeSettings | null {
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

function readSeller(settings: z.infer<typeof environmentSchema>): Seller | null {
  const { CORVUSLLM_BACKEND_SELLER: path, STRIPE_SECRET_KEY: secretKey } = settings;
  if (path !== undefined) return readFileAs(sellerSchema, 'CORVUSLLM_BACKEND_SELLER', path);
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

function readFileAs<T>(schema: z.ZodType<T>, setting: string, path: string): T {
  const parsed = schema.safeParse(readJson(path), { error: issueWords });
  if (parsed.success) return parsed.data;
  throw new Error(`${setting} is not valid.\n${faultLines(parsed.error)}`);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
