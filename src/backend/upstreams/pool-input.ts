import { z } from 'zod';
import { poolFamilySchema } from '#shared/domain/dialect.ts';
import { modelFamilySchema } from '#shared/domain/model-price.ts';
import { reasonSchema } from '../operator/operator-input.ts';

const name = z.string().regex(/^[\w.-]{1,80}$/, 'must be 1 to 80 letters, digits, dots, dashes or underscores');
const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => !/[@?#]/.test(text), 'must be an address without user, query or fragment');
/** The characters that a header may have. */
const secret = z
  .string()
  .trim()
  .regex(/^[!-~]{1,4096}$/, 'must be the key alone, without spaces');
const priority = z.coerce.number().int().min(0).max(1000);
const weight = z.coerce.number().int().min(1).max(1000);

/** What the form’s lines can hold. */
const slug = z.string().regex(/^[^=\s]{1,200}$/, 'must be 1 to 200 characters without spaces and “=”');
/** In JSON an object; in a form one `slug = upstream's name` a line. */
const modelMap = z.union([z.record(slug, slug), z.string().max(20_000).transform(readLines)]);
/** In JSON a list; in a form names separated by commas. */
const poolNames = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((part) => part.trim()))])
  .pipe(z.array(name).min(1).max(20));

export const addCredentialSchema = z.strictObject({
  pool: name,
  name,
  baseUrl,
  dialectFamily: poolFamilySchema,
  secret,
  priority: priority.default(0),
  weight: weight.default(1),
  modelMap: modelMap.default({}),
  reason: reasonSchema,
});
export const changeCredentialSchema = z.strictObject({
  priority: priority.optional(),
  weight: weight.optional(),
  isEnabled: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).optional(),
  modelMap: modelMap.optional(),
  reason: reasonSchema,
});
/** The address comes with the secret: without the secret, no operator can redirect a stored one to another address. */
export const replaceSecretSchema = z.strictObject({ secret, baseUrl, reason: reasonSchema });
export const routeSchema = z.strictObject({ family: modelFamilySchema, pools: poolNames, reason: reasonSchema });

function readLines(text: string, context: z.RefinementCtx): Record<string, string> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const pairs = lines.map((line) => /^([^=\s]{1,200})\s*=\s*([^=\s]{1,200})$/.exec(line));
  if (pairs.includes(null)) context.addIssue('must be one “slug = upstream’s name” a line');
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', pair[2] ?? '']] : [])));
}
