import { expect, test } from 'vitest';
import { z } from 'zod';
import { faultLines, issueWords } from '#shared/issue-words.ts';

const schema = z.strictObject({
  label: z.string().trim().min(1).max(80),
  route: z.string().regex(/^auto$/, 'must be auto'),
  port: z.int().min(1).max(65_535),
  rate: z.int().positive().lt(100),
  mail: z.email(),
  period: z.enum(['day', 'week']),
  models: z.array(z.string()).min(1).max(2),
});
const good = { label: 'x', route: 'auto', port: 4477, rate: 1, mail: 'a@b.example', period: 'day', models: ['a'] };

test.each([
  [{ label: ' ' }, 'must not be empty'],
  [{ label: 'x'.repeat(81) }, 'must have at most 80 characters'],
  [{ label: undefined }, 'is missing'],
  [{ label: 7 }, 'must be text'],
  [{ route: 'prepaid' }, 'must be auto'],
  [{ port: 0 }, 'must be at least 1'],
  [{ port: 70_000 }, 'must be at most 65535'],
  [{ port: 1.5 }, 'must be a whole number'],
  [{ rate: 0 }, 'must be more than 0'],
  [{ rate: 100 }, 'must be less than 100'],
  [{ mail: 'a' }, 'must be an e-mail address'],
  [{ period: undefined }, 'is missing'],
  [{ period: 'year' }, 'must be one of day, week'],
  [{ models: [] }, 'must not be empty'],
  [{ models: ['a', 'b', 'c'] }, 'must have at most 2 entries'],
  [{ extra: 1 }, 'has no "extra"'],
])('%j: the input %s', (fault, words) => {
  const { error } = schema.safeParse({ ...good, ...fault }, { error: issueWords });
  expect(error?.issues.map(({ message }) => message)).toEqual([words]);
});

test('all faults of an input are named, each with its part', () => {
  const { error } = schema.safeParse({ ...good, models: [7], port: 0 }, { error: issueWords });
  expect(error && faultLines(error)).toBe('port must be at least 1\nmodels.0 must be text');
});
