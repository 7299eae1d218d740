import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { issueWords } from '#shared/issue-words.ts';
import type { HttpContext } from './endpoint.ts';

/** Parses what a caller sent; a refusal names the first wrong field. */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input, { error: wordsOf });
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

/** What a value must be, where its schema has no words of its own; undefined: zod's. */
function wordsOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'too_small':
      return atLeast(issue.origin, issue.minimum);
    case 'too_big':
      return `must ${countOf(issue.origin, issue.maximum, 'at most')}`;
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      if (issue.expected === 'int') return 'must be a whole number';
      return issue.expected === 'number' ? 'must be a number' : undefined;
    case 'invalid_value':
      return `must be one of ${issue.values
        .map(String)
        .filter((value) => value !== '')
        .join(', ')}`;
    case 'invalid_format':
      return formats[issue.format];
    default:
      return undefined;
  }
}

const formats: Readonly<Record<string, string>> = {
  email: 'must be an e-mail address',
  url: 'must be an address such as https://api.example.com',
  datetime: 'must be a time by UTC such as 2026-11-30T10:00:00Z',
  date: 'must be a day such as 2026-11-30',
};

function atLeast(origin: string, minimum: number | bigint): string {
  return origin !== 'number' && origin !== 'int' && BigInt(minimum) === 1n
    ? 'must not be empty'
    : `must ${countOf(origin, minimum, 'at least')}`;
}

function countOf(origin: string, bound: number | bigint, side: 'at least' | 'at most'): string {
  if (origin === 'string') return `have ${side} ${bound} characters`;
  if (origin === 'array') return `have ${side} ${bound} entries`;
  return `be ${bound} ${side}`;
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

/** A whole number in a query string. */
export function wholeNumber(options: { least: number; most: number; fallback: number }) {
  return z.coerce.number().int().min(options.least).max(options.most).default(options.fallback);
}

/** The `:id` of a path; empty where there is none, which names nothing. */
export const pathId = (context: HttpContext): string => context.req.param('id') ?? '';
