import { z } from 'zod';
import shipped from '../../../resources/model-limits.json' with { type: 'json' };
import { type UpstreamDialect, upstreamDialectSchema } from '../domain/dialect.ts';
import { ownMember } from '../own-member.ts';
import { type Effort, efforts } from './conversation.ts';

/**
 * `one`: temperature or top_p, not both. `without-reasoning`: only while the model does not reason, by request or by
 * default.
 */
const samplingSchema = z.enum(['any', 'one', 'without-reasoning', 'none']);

const modelSchema = z.strictObject({
  efforts: z.array(z.enum(efforts)).min(1).exactOptional(),
  sampling: samplingSchema.exactOptional(),
  /** Whether it accepts stop sequences. */
  stop: z.boolean().exactOptional(),
  /** Whether it accepts a seed. */
  seed: z.boolean().exactOptional(),
  /** Whether it accepts penalties for words that come again. */
  penalties: z.boolean().exactOptional(),
  /** The largest number of tools it accepts. */
  tools: z.int().positive().exactOptional(),
  /** Whether it accepts instructions after the conversation has begun. */
  lateInstructions: z.boolean().exactOptional(),
  /** Whether its output limit is called `max_completion_tokens` in chat completions. */
  completionTokens: z.boolean().exactOptional(),
  /** What its provider wants in place of a signature at a call that another model made. */
  unsignedCall: z.string().exactOptional(),
});

const dialectSchema = z.strictObject({
  toolNameCharacters: z.int().positive(),
  userCharacters: z.int().positive(),
  cacheKeyCharacters: z.int().positive().nullable(),
  callIdCharacters: z.int().positive(),
  stopSequences: z.int().nullable(),
  /** The efforts to assume for an unknown model; null: none. */
  efforts: z.array(z.enum(efforts)).min(1).nullable(),
  leastOutputTokens: z.int().positive(),
});

const limitsSchema = z.strictObject({
  asOf: z.iso.date(),
  sources: z.array(z.string()),
  dialects: z.record(upstreamDialectSchema, dialectSchema),
  /** For models that are not listed, and for missing facts of listed ones; every matching family counts. */
  families: z.array(modelSchema.extend({ pattern: z.string() })),
  /** The name without vendor, date and dots. */
  models: z.record(z.string(), modelSchema),
});

type DialectLimits = z.infer<typeof dialectSchema>;

/** What a model accepts in a dialect. Its efforts are ordered, lowest first. */
export interface ModelLimits extends DialectLimits {
  sampling: z.infer<typeof samplingSchema>;
  /** It is known to reason. */
  isReasoning: boolean;
  takesStop: boolean;
  takesSeed: boolean;
  takesPenalties: boolean;
  mostTools: number | null;
  takesLateInstructions: boolean;
  wantsCompletionTokens: boolean;
  unsignedCall: string | null;
}

function readShipped() {
  const { dialects, families, models } = limitsSchema.parse(shipped);
  const patterns = families.map(({ pattern, ...limits }) => ({ pattern: new RegExp(pattern, 'i'), limits }));
  return { dialects, models, patterns };
}

/** Read at the first translation: a start needs none. */
let known: ReturnType<typeof readShipped> | null = null;

/** The limits of a model in `resources/model-limits.json`; what is missing there is not limited. */
export function limitsOf(dialect: UpstreamDialect, model: string): ModelLimits {
  const { dialects, models, patterns } = (known ??= readShipped());
  const name = plainName(model);
  const listed = ownMember(models, name);
  const inFamilies = patterns.filter(({ pattern }) => pattern.test(name)).map(({ limits }) => limits);
  const said = Object.assign({}, ...inFamilies, listed) as z.infer<typeof modelSchema>;
  return {
    ...dialects[dialect],
    efforts: said.efforts ?? dialects[dialect].efforts,
    sampling: said.sampling ?? 'any',
    isReasoning: said.efforts !== undefined,
    takesStop: said.stop ?? true,
    takesSeed: said.seed ?? true,
    takesPenalties: said.penalties ?? true,
    mostTools: said.tools ?? null,
    takesLateInstructions: said.lateInstructions ?? false,
    wantsCompletionTokens: said.completionTokens ?? false,
    unsignedCall: said.unsignedCall ?? null,
  };
}

/** `openai/gpt-5.1-2025-11-13` is `gpt-5-1`: providers spell the same model in many ways. */
function plainName(model: string): string {
  const bare = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return bare
    .replace(/:[a-z]+$/, '')
    .replaceAll('.', '-')
    .replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '');
}

/** The model's effort nearest to the requested one; the higher of two equally near ones. */
export function nearestEffort(asked: Effort, known: readonly Effort[]): Effort {
  const distance = (effort: Effort): number => Math.abs(efforts.indexOf(effort) - efforts.indexOf(asked));
  return known.reduce((best, effort) => (distance(effort) <= distance(best) ? effort : best));
}
