import { z } from 'zod';
import { cacheBreakSchema } from './cache-breaks.ts';
import { requestBillingSchema } from './request-billing.ts';
import { envelopeIdSchema, localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { unitPricesSchema } from '../metering/price-usage.ts';
import { usageSchema, usageSourceSchema } from '../metering/usage.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { dialectSchema } from '../domain/dialect.ts';

/** Where a request's money comes from: the prepaid account, the user's own provider key, or this machine. */
export const laneSchema = z.enum(['prepaid', 'byok', 'local']);
export type Lane = z.infer<typeof laneSchema>;

/**
 * `open`: in flight. `completed`: whole answer relayed. `truncated`: the upstream broke off. `cancelled`: the client
 * left. `refused`: Corvus or the upstream refused before any answer. `failed`: the upstream was unusable, or had an
 * error of its own (HTTP 500 and above). `interrupted`: Corvus itself stopped.
 */
export const requestStatusSchema = z.enum([
  'open',
  'completed',
  'truncated',
  'cancelled',
  'refused',
  'failed',
  'interrupted',
]);
export type RequestStatus = z.infer<typeof requestStatusSchema>;

/** The ends at which the caller got no whole answer, and did not leave by itself. */
export const failedStatuses = [
  'truncated',
  'refused',
  'failed',
  'interrupted',
] as const satisfies readonly RequestStatus[];

/** Who refused a request: this app, the prepaid account, or who runs the model (also behind the account). */
export const refuserSchema = z.enum(['corvus', 'account', 'provider']);
export type Refuser = z.infer<typeof refuserSchema>;

/**
 * What the sender of a request should know of it. `two-credentials`: it carried another key beside the valid one.
 * `attribution-line`: a line that changes with every request keeps its prompt out of the cache; the key can be set to
 * steady it.
 */
export const requestHintSchema = z.enum(['two-credentials', 'attribution-line']);
export type RequestHint = z.infer<typeof requestHintSchema>;

/**
 * `bound`: the local key names it. `listed`: the provider lists the model. `sold`: the account sells it. `may-serve`:
 * no provider is known to serve it, and this one might. `plan`: several models are asked, and Corvus combines their
 * answers.
 */
export const routeReasonSchema = z.enum(['bound', 'listed', 'sold', 'may-serve', 'plan']);
export type RouteReason = z.infer<typeof routeReasonSchema>;

/** One upstream attempt of a request. A retry has the number of the attempt that it repeats. */
export const attemptSchema = z.strictObject({
  number: z.int().positive(),
  provider: z.string(),
  /** The model's name at the upstream; null: the requested name. */
  model: z.string().nullable(),
  startedAtMs: z.int(),
  /** Until the upstream's headers; null when none came. */
  firstByteMs: z.number().nullable(),
  totalMs: z.number(),
  httpStatus: z.int().nullable(),
  /** An error code of the catalogue, if this attempt failed. */
  errorCode: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** Whether an attempt asked the same upstream once more. After a switch to another lane, numbers begin again. */
export function isRetry(attempts: readonly Pick<Attempt, 'number' | 'provider'>[], index: number): boolean {
  const { number, provider } = attempts[index] ?? {};
  return attempts.slice(0, index).some((earlier) => earlier.number === number && earlier.provider === provider);
}

/**
 * How meter, receipt and ledger of a prepaid request agree. `other-amount`: the charge is not what the account's prices
 * make of the usage. `moved-otherwise`: the balance moved by another amount than the receipt says. `not-charged`: an
 * answer came, and no charge.
 */
export const chargeMatchSchema = z.enum([
  'agrees',
  'other-amount',
  'moved-otherwise',
  'charged-twice',
  'charged-without-answer',
  'not-charged',
]);
export type ChargeMatch = z.infer<typeof chargeMatchSchema>;

/** Every result of the match but that all agree. */
export const chargeFaults = chargeMatchSchema.exclude(['agrees']).options;

/** A request as lists show it. Costs are decimal dollars; null is unknown, never zero. */
export const requestSummarySchema = z.strictObject({
  id: requestIdSchema,
  createdAtMs: z.int(),
  localKeyId: localKeyIdSchema.nullable(),
  localKeyLabel: z.string().nullable(),
  dialect: dialectSchema,
  modelRequested: z.string(),
  modelServed: z.string().nullable(),
  lane: laneSchema.nullable(),
  provider: z.string().nullable(),
  status: requestStatusSchema,
  httpStatus: z.int().nullable(),
  /** null: it was not refused. */
  refusedBy: refuserSchema.nullable(),
  errorCode: z.string().nullable(),
  isStream: z.boolean(),
  inputTokens: z.int().nullable(),
  outputTokens: z.int().nullable(),
  usageSource: usageSourceSchema.nullable(),
  /** The account's settlement, if there is one; else what Corvus metered. */
  cost: usdTextSchema.nullable(),
  /**
   * `settled`: taken from a balance. `estimate`: a provider bills it directly. `free`: no charge. `parts`: its
   * sub-requests are billed.
   */
  costKind: z.enum(['settled', 'pending', 'estimate', 'free', 'parts', 'unknown']),
  totalMs: z.number().nullable(),
  /** null: not charged by an account, or too little is known yet. */
  match: chargeMatchSchema.nullable(),
  /** The product that sent it: by its own tag, its user agent or its key's label. */
  tool: z.string().nullable(),
  /** As the caller names them; null where it names none. */
  project: z.string().nullable(),
  session: z.string().nullable(),
  agent: z.string().nullable(),
  /** The caller's other `x-corvus-tag-*` headers, by name. */
  tags: z.record(z.string(), z.string()),
  /** The envelopes that it counts against. */
  envelopeIds: z.array(envelopeIdSchema),
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** Everything that is known about one request: enough to recompute its cost by hand. */
export const requestDetailSchema = requestSummarySchema.extend({
  endpoint: z.string(),
  usage: usageSchema.nullable(),
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string().nullable(),
  /** Corvus's own meter; equals `settledCost` when both sides agree. */
  meteredCost: usdTextSchema.nullable(),
  settledCost: usdTextSchema.nullable(),
  balanceAfter: usdTextSchema.nullable(),
  /** How the account derived its charge; null: it charged the metered cost. */
  billing: requestBillingSchema.nullable(),
  finishReason: z.string().nullable(),
  firstByteMs: z.number().nullable(),
  requestBytes: z.int(),
  responseBytes: z.int(),
  userAgent: z.string().nullable(),
  /** Why this route was chosen. */
  routeReason: routeReasonSchema.nullable(),
  /** The plan that was requested; null when a model was. */
  plan: z.string().nullable(),
  /** The dialect of the upstream that answered, where it differs from the tool's. */
  translatedTo: dialectSchema.nullable(),
  hints: z.array(requestHintSchema),
  /** The request that this one is a part of. */
  parentId: requestIdSchema.nullable(),
  /** The agent that started the one that sent it. */
  parentAgent: z.string().nullable(),
  /** The output limit that money allowed; null where the caller's own was kept. */
  outputLimit: z.int().nullable(),
  /** What allowed no more: an envelope's id, `ceiling` or `balance`. */
  limitedBy: z.string().nullable(),
  /** Where it should have gone, a provider's id or `account`; null: it was not switched to another lane. */
  switchedFrom: z.string().nullable(),
  /** What had no money there: an envelope's id, or `balance`. */
  switchedBy: z.string().nullable(),
  /** Why the provider's cache did not have the beginning of its prompt; null: it had, or it is not known. */
  cacheBreak: cacheBreakSchema.nullable(),
  /** The sub-requests of this one. */
  parts: z.array(requestSummarySchema),
  errorMessage: z.string().nullable(),
  attempts: z.array(attemptSchema),
});
export type RequestDetail = z.infer<typeof requestDetailSchema>;
