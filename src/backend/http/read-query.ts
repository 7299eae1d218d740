import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';

/** Parses what a caller sent; a refusal names the first wrong field. */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new CorvusError(
    'bad_request',
    `${field === '' ? 'The request' : `"${field}"`}: ${issue?.message ?? 'not valid'}.`,
    field === '' ? {} : { param: field },
  );
}

/** A whole number in a query string. */
export function wholeNumber(options: { least: number; most: number; fallback: number }) {
  return z.coerce.number().int().min(options.least).max(options.most).default(options.fallback);
}
