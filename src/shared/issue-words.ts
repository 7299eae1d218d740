import type { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  email: 'must be an e-mail address',
  url: 'must be an address such as https://api.example.com',
  datetime: 'must be a time by UTC such as 2026-11-30T10:00:00Z',
  date: 'must be a day such as 2026-11-30',
};

/**
 * What is wrong with a part of an input, to stand behind its name: in words for the person who typed it. It is the
 * `error` of a `safeParse`; where a schema has words of its own, they are used instead.
 */
export function issueWords(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      if (!isNumber(issue.origin) && Number(issue.minimum) === 1) return 'must not be empty';
      return boundWords(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return boundWords(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_value': {
      const values = issue.values.map(String).filter((value) => value !== '');
      return `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`;
    }
    case 'unrecognized_keys':
      return `has no ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_format':
      return formats[issue.format] ?? 'is not written as it must be';
    default:
      return 'is not valid';
  }
}

/** The first fault of an input: the name of the part that is wrong, empty for the whole, and what is wrong with it. */
export function firstFault({ issues: [issue] }: z.ZodError): { field: string; words: string } {
  return { field: issue?.path.join('.') ?? '', words: issue?.message ?? 'is not valid' };
}

/** All faults of an input, one per line. */
export function faultLines({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => [path.join('.'), message].join(' ').trim()).join('\n');
}

const isNumber = (origin: string): boolean => origin === 'number' || origin === 'int';

function boundWords(origin: string, side: string, bound: number | bigint): string {
  if (origin === 'string') return `must have ${side} ${bound} characters`;
  return origin === 'array' ? `must have ${side} ${bound} entries` : `must be ${side} ${bound}`;
}
