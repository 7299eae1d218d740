import { upperFirst } from '../upper-first.ts';
import { z } from 'zod';
import { envelopeIdSchema, localKeyIdSchema } from '../ids.ts';
import { type NanoUsd, parseUsd } from '../money.ts';
import { usdInputSchema, usdTextSchema } from '../money-schemas.ts';

export const envelopePeriods = ['day', 'week', 'month', 'once'] as const;
/** `once`: the count never starts again by itself. */
export const envelopePeriodSchema = z.enum(envelopePeriods);
export type EnvelopePeriod = z.infer<typeof envelopePeriodSchema>;

const nameSchema = z.string().trim().min(1).max(200);

/** Which requests an envelope pays for. */
export const envelopeScopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everything') }),
  z.strictObject({ kind: z.literal('key'), keyId: localKeyIdSchema }),
  /** As the request's `x-corvus-tag-project` header names it. */
  z.strictObject({ kind: z.literal('project'), name: nameSchema }),
  z.strictObject({ kind: z.literal('session'), id: nameSchema }),
  /** `*` matches any text. */
  z.strictObject({ kind: z.literal('model'), pattern: nameSchema }),
  /** A provider's id, or `account` for the prepaid account. */
  z.strictObject({ kind: z.literal('provider'), providerId: nameSchema }),
]);
export type EnvelopeScope = z.infer<typeof envelopeScopeSchema>;

export const positiveUsdSchema = usdInputSchema.refine((text) => (parseUsd(text) ?? 0n) > 0n, 'must be more than zero');

/** What a person decides about an envelope. */
export const envelopeTermsSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  scope: envelopeScopeSchema,
  limit: positiveUsdSchema,
  period: envelopePeriodSchema,
  /** IANA name: its days begin there at midnight, its weeks on Monday. */
  timeZone: z.string().min(1).max(60),
  /** Requests whose price is not known pass uncounted. False: they are refused. */
  allowsUnpriced: z.boolean(),
});
export type EnvelopeTerms = z.infer<typeof envelopeTermsSchema>;

/** A limit in dollars that Corvus keeps on this machine, on every lane. */
export const envelopeSchema = envelopeTermsSchema.extend({
  id: envelopeIdSchema,
  /** Counts, and refuses nothing. */
  isPaused: z.boolean(),
  createdAtMs: z.int(),
  /** The last reset by a person, or the creation: what came before does not count. */
  countsFromMs: z.int(),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** An envelope with what happened in its current period. */
export const envelopeStateSchema = envelopeSchema.extend({
  /**
   * What ended requests cost. May pass the limit where a provider charges more than it was allowed to, or the limit was
   * lowered.
   */
  spent: usdTextSchema,
  /** Reserved by requests in flight: the most they can cost. */
  held: usdTextSchema,
  /** limit - spent - held, and never below zero. */
  left: usdTextSchema,
  periodStartMs: z.int(),
  /** When the count starts again; null: never. */
  resetsAtMs: z.int().nullable(),
});
export type EnvelopeState = z.infer<typeof envelopeStateSchema>;

/** The money of one request in one envelope. */
export interface EnvelopeHold {
  envelopeId: Envelope['id'];
  /** The period that it counts to, even when it ends in the next. */
  periodStartMs: number;
  heldNanoUsd: NanoUsd;
}

/** The shares of a limit at which a person is told, in percent. */
export const warningPercents = [50, 80, 100] as const;

/** The label of a local key. */
type NameOfKey = (keyId: string) => string | null;

export function scopeWords(scope: EnvelopeScope, nameOfKey: NameOfKey = () => null): string {
  switch (scope.kind) {
    case 'everything':
      return 'all requests';
    case 'key':
      return `key ${nameOfKey(scope.keyId) ?? scope.keyId}`;
    case 'project':
      return `project ${scope.name}`;
    case 'session':
      return `session ${scope.id}`;
    case 'model':
      return `model ${scope.pattern}`;
    case 'provider':
      return scope.providerId === 'account' ? 'prepaid account' : `provider ${scope.providerId}`;
  }
}

/** What an envelope is called that is given no name. */
export function scopeTitle(scope: EnvelopeScope, nameOfKey: NameOfKey): string {
  return upperFirst(scopeWords(scope, nameOfKey));
}

export const periodWords: Readonly<Record<EnvelopePeriod, string>> = {
  day: 'a day',
  week: 'a week',
  month: 'a month',
  once: 'in total',
};
