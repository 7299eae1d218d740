import { z } from 'zod';
import { customerKeyInputSchema, type KeyLimits, keyLimitsSchema } from '#shared/account/keys.ts';
import { newIdOf, optionalText } from '../http/read-input.ts';

const optionalCount = optionalText.transform((value) => (value === null ? null : Number(value)));

/** The limits of a key as a form sends them: empty is none; models separated by commas or lines; the end by UTC. */
const limitFields = {
  requestsPerMinute: optionalCount,
  tokensPerMinute: optionalCount,
  dailyCap: optionalText,
  weeklyCap: optionalText,
  monthlyCap: optionalText,
  models: optionalText.transform(
    (value) => value?.split(/[,\n]/).flatMap((model) => (model.trim() === '' ? [] : [model.trim()])) ?? null,
  ),
  // Browsers leave seconds out that are zero.
  expiresAt: optionalText.transform((value) => (value === null ? null : `${value.replace(/T\d\d:\d\d$/, '$&:00')}Z`)),
} satisfies Record<keyof KeyLimits, z.ZodType>;

/** All limits together; without any, none. */
function limitsIn(limits: KeyLimits): KeyLimits | null {
  return Object.values(limits).every((value) => value === null) ? null : limits;
}

const { label, scope } = customerKeyInputSchema.shape;

const keyFields = z.object({
  id: z.string().optional(),
  label: z.string().default(''),
  scope: z.string().optional(),
  ...limitFields,
});

/** A form's fields as the API has them. Browsers do not send unticked boxes. */
function shapeKey(form: unknown): object {
  const { id, label: labelText, scope: ticked, ...limits } = keyFields.parse(form);
  return { id, label: labelText, limits, ...(ticked === undefined ? {} : { scope: ticked }) };
}

const limits = keyLimitsSchema.transform(limitsIn);

export const keyFormSchema = z.preprocess(shapeKey, z.object({ id: newIdOf('key'), label, scope, limits }));

export const keyChangeFormSchema = z.preprocess(shapeKey, z.object({ label, limits }));
