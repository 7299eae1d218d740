import { z } from 'zod';
import { billingPlanSchema } from '#shared/account/request-billing.ts';
import { standardFirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { isNetwork } from './auth/client-address.ts';
import { standardStreamLimits } from './balance/event-streams.ts';
import { standardOrderLimits } from './billing/orders/order-limits.ts';
import { standardConcurrency } from './inference/call-slots.ts';

const requestCount = z.coerce.number().int().min(1).max(1_000_000);
const timeoutSeconds = z.coerce.number().int().min(5).max(3600);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** The environment variables that set up the service. */
export const settingsSchema = z.object({
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

export type Settings = z.output<typeof settingsSchema>;

/** The name of every setting. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);
