import { asObject } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { type MemberNames, memberNames, refuseSpelling, refuseTwice } from './member-names.ts';
import { createJsonWalk, type JsonLimits } from './json-walk.ts';
import type { JsonSpan } from './json-span.ts';

/** Whole numbers in digits only: readers disagree about an exponent. */
const wholeNumber = /^\d{1,16}(?:\.0+)?$/;
/** No member that is read here has a longer value, except those that name a session. */
const longestValue = 4096;
const nestedLimits: JsonLimits = { depth: 8, names: 64, nameBytes: 1024, values: 256, scalars: 256 };

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isCount = (value: unknown, text: string): boolean => wholeNumber.test(text) && Number.isSafeInteger(value);
const isPositive = (value: unknown, text: string): boolean => isCount(value, text) && value !== 0;

interface Rule {
  what: string;
  holds(value: unknown, text: string): boolean;
}

const flag: Rule = { what: 'true or false', holds: isFlag };
const text: Rule = { what: 'a string', holds: isText };
/** -1 means no limit: servers on a desk read it so, and others refuse it. */
const limit: Rule = {
  what: 'a whole number, not negative, written in digits; or -1 for no limit',
  holds: (value, text) => text === '-1' || isCount(value, text),
};
const positive: Rule = { what: 'a whole number above 0, written in digits', holds: isPositive };
const object: Rule = { what: 'an object', holds: (value) => asObject(value) !== null };
const texts: Rule = { what: 'a list of strings', holds: (value) => Array.isArray(value) && value.every(isText) };

/** The type of each member that is read here. Every reader treats `null` like an absent member. */
const rules: Readonly<Record<string, Rule>> = {
  model: text,
  stream: flag,
  stream_options: object,
  stream_format: text,
  max_tokens: limit,
  max_completion_tokens: limit,
  max_output_tokens: limit,
  n: positive,
  best_of: positive,
  service_tier: text,
  models: texts,
  contestants: texts,
  judge: text,
  synthesizer: text,
};

const nested: Readonly<Record<string, { names: MemberNames; rules: Readonly<Record<string, Rule>> }>> = {
  stream_options: { names: memberNames(['include_usage']), rules: { include_usage: flag } },
  metadata: { names: memberNames(['user_id']), rules: {} },
};

/**
 * The value of a member that decides what a call does and costs. Throws `bad_request` for a type that readers interpret
 * differently.
 */
export function readMember(body: Buffer, name: string, { start, end }: JsonSpan): unknown {
  if (end - start > longestValue * (rules[name] === texts ? 16 : 1)) refuseType(name, 'shorter');
  const written = body.toString('utf8', start, end);
  const value = parseValue(written);
  if (value === null) return null;
  const rule = rules[name];
  if (rule && !rule.holds(value, written)) refuseType(name, rule.what);
  const inner = nested[name];
  if (inner && asObject(value)) checkNested(body.subarray(start, end), inner, asObject(value) ?? {});
  return value;
}

export function refuseType(name: string, what: string): never {
  throw new CorvusError('bad_request', `"${name}" must be ${what}: upstreams read anything else differently.`, {
    param: name,
  });
}

function checkNested(
  object: Buffer,
  { names, rules: inner }: (typeof nested)[string],
  value: Readonly<Record<string, unknown>>,
): void {
  const seen = new Set<string>();
  let depth = 0;
  const walk = createJsonWalk(
    object,
    {
      open: () => void (depth += 1),
      close: () => void (depth -= 1),
      name(start, end) {
        if (depth !== 1) return;
        const written = object.toString('utf8', start, end);
        const name = String(parseValue(written));
        const meant =
          names.has(name) && written.length === name.length + 2 ? null : names.has(name) ? name : names.takenFor(name);
        if (meant !== null) refuseSpelling(meant);
        if (seen.has(name)) refuseTwice(name);
        seen.add(name);
      },
      text: () => {},
      scalar: () => {},
    },
    nestedLimits,
  );
  walk.step(Number.POSITIVE_INFINITY);
  for (const [name, rule] of Object.entries(inner)) {
    const given = value[name];
    if (given !== undefined && given !== null && !rule.holds(given, '')) refuseType(name, rule.what);
  }
}

function parseValue(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}
