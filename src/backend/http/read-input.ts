import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { firstFault, issueWords } from '#shared/issue-words.ts';
import type { HttpContext } from './endpoint.ts';

/** Parses what a caller sent; a refusal names the first wrong field. */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input, { error: issueWords });
  if (parsed.success) return parsed.data;
  const { field, words } = firstFault(parsed.error);
  if (field === '') throw new CorvusError('bad_request', `The request: ${words}.`);
  throw new CorvusError('bad_request', `"${field}": ${words}.`, { param: field });
}

/** A refusal for a person who sees the field that it is about. */
export function sentenceOf({ message }: CorvusError): string {
  const words = message.replace(/^"[^"]*": /, '');
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** A field of a form; empty is none. */
export const optionalText = z
  .string()
  .trim()
  .transform((value) => (value === '' ? null : value))
  .default(null);

/** The id of what a form makes, which the form came with. Absent: the service chooses one. */
export const newIdOf = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`))
    .optional();

/** A whole number in a query string. */
export function wholeNumber(options: { least: number; most: number; fallback: number }) {
  return z.coerce.number().int().min(options.least).max(options.most).default(options.fallback);
}

/** The `:id` of a path; empty where there is none, which names nothing. */
export const pathId = (context: HttpContext): string => context.req.param('id') ?? '';
