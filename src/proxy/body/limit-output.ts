import { asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { limitsOf } from '#shared/translate/model-limits.ts';
import type { BodyEdit, JsonSpan } from './json-span.ts';

/** The members by which the dialects limit the output of an answer. */
export const outputLimitMembers = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;
type OutputLimitMember = (typeof outputLimitMembers)[number];

/** Dialects that keep the output limit inside another member, and their names for that. */
export const configMembers: Readonly<Partial<Record<Dialect, readonly string[]>>> = {
  gemini: ['generationConfig', 'generation_config'],
  'ollama-chat': ['options'],
  'ollama-generate': ['options'],
};
/** The names of the limit there. */
const configLimits: Readonly<Partial<Record<Dialect, readonly [string, ...string[]]>>> = {
  gemini: ['maxOutputTokens', 'max_output_tokens'],
  'ollama-chat': ['num_predict'],
  'ollama-generate': ['num_predict'],
};

/** Where a body says how long its answer may be. */
export interface OutputLimitSpans {
  /** Index after the brace that opens the object. */
  open: number;
  limits: readonly (JsonSpan & { name: OutputLimitMember })[];
  /** The `thinking` member: in Messages its budget must stay below the limit. */
  thinking: JsonSpan | null;
  /** The member that has the limit inside, in dialects where one has. */
  config: JsonSpan | null;
}

/** The provider accepts no smaller budget for thinking. */
const leastThinkingTokens = 1024;

/** Edits after which the body allows at most this much output for each answer. */
export function limitedOutput(
  body: Buffer,
  dialect: Dialect,
  model: string,
  spans: OutputLimitSpans,
  limit: number,
): BodyEdit[] {
  const { open, limits, thinking, config } = spans;
  const read = ({ start, end }: JsonSpan): unknown => JSON.parse(body.toString('utf8', start, end));
  const [configMember] = configMembers[dialect] ?? [];
  if (configMember !== undefined) {
    const text = JSON.stringify(loweredConfig(dialect, config && asObject(read(config)), limit));
    return [
      config ? { ...config, text } : { start: open, end: open, text: `${JSON.stringify(configMember)}:${text},` },
    ];
  }
  const lowered = limits.filter((span) => exceeds(read(span), limit)).map((span) => ({ ...span, text: String(limit) }));
  const member = limits.length === 0 ? limitMember(dialect, model) : null;
  const added = member === null ? [] : [{ start: open, end: open, text: `${JSON.stringify(member)}:${limit},` }];
  const budget = thinking && loweredThinking(asObject(read(thinking)), limit);
  return [...lowered, ...added, ...(thinking && budget ? [{ ...thinking, text: JSON.stringify(budget) }] : [])];
}

/** The same for a request that is translated: as values. */
export function withLimitedOutput(request: JsonObject, dialect: Dialect, model: string, limit: number): JsonObject {
  const [configMember] = configMembers[dialect] ?? [];
  if (configMember !== undefined) {
    const name = configMembers[dialect]?.find((known) => request[known] !== undefined) ?? configMember;
    return { ...request, [name]: loweredConfig(dialect, asObject(request[name]), limit) };
  }
  const given = outputLimitMembers.filter((name) => request[name] !== undefined);
  const member = limitMember(dialect, model);
  const names = given.length > 0 ? given : member === null ? [] : [member];
  const lowered = Object.fromEntries(
    names.map((name) => [name, exceeds(request[name], limit) ? limit : request[name]]),
  );
  const thinking = loweredThinking(asObject(request['thinking']), limit);
  return { ...request, ...lowered, ...(thinking ? { thinking } : {}) };
}

function loweredConfig(dialect: Dialect, config: JsonObject | null, limit: number): JsonObject {
  const names = configLimits[dialect] ?? [];
  const given = names.filter((name) => config?.[name] !== undefined);
  const lowered = (given.length > 0 ? given : names.slice(0, 1)).map((name) => [
    name,
    exceeds(config?.[name], limit) ? limit : config?.[name],
  ]);
  return { ...config, ...Object.fromEntries(lowered) };
}

/** In Ollama a negative limit is none. */
function exceeds(value: unknown, limit: number): boolean {
  return typeof value !== 'number' || value > limit || value < 0;
}

/** null: the dialect has no such limit. */
function limitMember(dialect: Dialect, model: string): OutputLimitMember | null {
  if (dialect === 'openai-responses') return 'max_output_tokens';
  if (dialect === 'openai-chat')
    return limitsOf(dialect, model).wantsCompletionTokens ? 'max_completion_tokens' : 'max_tokens';
  return dialect === 'anthropic-messages' || dialect === 'openai-completions' ? 'max_tokens' : null;
}

/** null: it may stay as it is. */
function loweredThinking(thinking: JsonObject | null, limit: number): JsonObject | null {
  const budget = thinking?.['budget_tokens'];
  if (typeof budget !== 'number' || budget < limit) return null;
  return limit > leastThinkingTokens ? { ...thinking, budget_tokens: limit - 1 } : { type: 'disabled' };
}
