import { dayText } from '#shared/day-text.ts';
import { type LocalKeyLimits, localKeyLimitsSchema, type SwitchLane } from '#shared/domain/local-key.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';

/** Limits of a key as they stand in the form; an empty text is no limit. */
export interface LimitsDraft {
  requestsPerMinute: string;
  tokensPerMinute: string;
  concurrency: string;
  models: string;
  maxCostUsd: string;
  waitMinutes: string;
  switchLane: SwitchLane;
  stopsLoops: boolean;
  /** The last day, as a date field has it. */
  expiresAtMs: string;
}

const wholeNumber = 'Enter a whole number from 1.';

/** What to enter in a field whose text cannot be taken. */
const problemTexts: Readonly<Record<Exclude<keyof LimitsDraft, 'stopsLoops'>, string>> = {
  requestsPerMinute: wholeNumber,
  tokensPerMinute: wholeNumber,
  concurrency: wholeNumber,
  models: 'Enter at most 100 names of at most 200 characters.',
  maxCostUsd: 'Enter an amount such as 0.50.',
  waitMinutes: 'Enter 1 to 60 minutes.',
  switchLane: 'Only a request that waits can ask: set the minutes to wait too.',
  expiresAtMs: 'Enter a date.',
};

export function draftOf(limits: LocalKeyLimits): LimitsDraft {
  const text = (value: number | string | null) => (value === null ? '' : String(value));
  return {
    requestsPerMinute: text(limits.requestsPerMinute),
    tokensPerMinute: text(limits.tokensPerMinute),
    concurrency: text(limits.concurrency),
    models: limits.models?.join(', ') ?? '',
    maxCostUsd: text(limits.maxCostUsd),
    waitMinutes: text(limits.waitMinutes),
    switchLane: limits.switchLane,
    stopsLoops: limits.stopsLoops,
    // The key expires when the day after the last one begins.
    expiresAtMs: limits.expiresAtMs === null ? '' : dayText(new Date(limits.expiresAtMs - 1)),
  };
}

interface ReadLimits {
  /** null while a field cannot be taken. */
  limits: LocalKeyLimits | null;
  problems: Partial<Record<keyof LimitsDraft, string>>;
}

/** The limits that a form states, and what is wrong with its fields. */
export function readLimits(draft: LimitsDraft): ReadLimits {
  const patterns = draft.models.split(',').flatMap((pattern) => (pattern.trim() === '' ? [] : [pattern.trim()]));
  const [year = 0, month = 1, day = 1] = draft.expiresAtMs.split('-').map(Number);
  const parsed = localKeyLimitsSchema.safeParse({
    requestsPerMinute: countOf(draft.requestsPerMinute),
    tokensPerMinute: countOf(draft.tokensPerMinute),
    concurrency: countOf(draft.concurrency),
    models: patterns.length === 0 ? null : patterns,
    maxCostUsd: draft.maxCostUsd.trim() === '' ? null : typedDollars(draft.maxCostUsd),
    waitMinutes: countOf(draft.waitMinutes),
    switchLane: draft.switchLane,
    stopsLoops: draft.stopsLoops,
    expiresAtMs: draft.expiresAtMs === '' ? null : new Date(year, month - 1, day + 1).getTime(),
  });
  if (parsed.success) return { limits: parsed.data, problems: {} };
  const wrong = new Set(parsed.error.issues.map(({ path }) => path[0]));
  const problems = Object.entries(problemTexts).filter(([field]) => wrong.has(field));
  return { limits: null, problems: Object.fromEntries(problems) };
}

function countOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text.replaceAll(/[\s,_]/g, ''));
}
