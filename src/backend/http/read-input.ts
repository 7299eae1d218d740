import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { issueWords } from '#shared/issue-words.ts';
import type { HttpContext } from './endpoint.ts';

/** Parses what a caller sent; a refusal names the first wrong field. */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  const words = issue ? issueWords(issue) : 'is not valid';
  throw new CorvusError(
    'bad_request',
    `${field === '' ? 'The request' : `"${field}"`}: ${words}.`,
    field === '' ? {} : { param: field },
  );
}

/** A field of a form; empty is none. */
export const optionalText = z
  .string()
  .trim()
  .transform((value) => (value === '' ? null : value))
  .default(null);

/** A whole number in a query string. */
export function wholeNumber(options: { least: number; most: number; fallback: number }) {
  return z.coerce.number().int().min(options.least).max(options.most).default(options.fallback);
}

/** The `:id` of a path; empty where there is none, which names nothing. */
export const pathId = (context: HttpContext): string => context.req.param('id') ?? '';
