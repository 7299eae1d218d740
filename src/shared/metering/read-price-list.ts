import { z } from 'zod';
import { firstFault, issueWords } from '../issue-words.ts';
import {
  type KnownPrice,
  type ModelFamily,
  modelPriceSchema,
  priceCatalogueSchema,
  type PriceTier,
  type TokenPrices,
} from '../domain/model-price.ts';
import { CorvusError } from '../errors.ts';
import { ownMember } from '../own-member.ts';

/** A price list that Corvus did not come with, as far as it could be read. */
export interface ReadPriceList {
  models: KnownPrice[];
  /** Entries without a price per token, or with one that money cannot hold exactly. */
  skipped: number;
}

const mostModels = 20_000;
const modelsAtATime = 200;

/** Kinds of provider, by the names that lists have for them where those differ. */
const sellerNames: Readonly<Record<string, string>> = {
  gemini: 'google',
  moonshotai: 'moonshot',
  'together-ai': 'together',
  togetherai: 'together',
  'fireworks-ai': 'fireworks',
  'vercel-ai-gateway': 'vercel',
};

/** Who sells the models that it makes; what it charges is what a model costs where nothing else is known. */
const makers: ReadonlyMap<string, ModelFamily> = new Map(
  (['openai', 'anthropic', 'google', 'zai', 'moonshot', 'minimax', 'deepseek', 'xai', 'mistral'] as const).map(
    (family) => [family, family],
  ),
);

/** LiteLLM's own list: an object with an entry for each model, in dollars per token. */
const otherListSchema = z.record(z.string(), z.unknown());
const otherEntrySchema = z.looseObject({ litellm_provider: z.string(), mode: z.string() });
type OtherEntry = z.infer<typeof otherEntrySchema>;
const sellerSchema = modelPriceSchema.shape.provider;
const modes: Readonly<Record<string, KnownPrice['mode']>> = {
  chat: 'chat',
  responses: 'chat',
  completion: 'chat',
  embedding: 'embedding',
};

/** The members of an entry with each price, before what follows the name in the price of a tier. */
const rateMembers: readonly [name: keyof TokenPrices, member: string][] = [
  ['input', 'input_cost_per_token'],
  ['output', 'output_cost_per_token'],
  ['cacheRead', 'cache_read_input_token_cost'],
  ['cacheWrite5m', 'cache_creation_input_token_cost'],
  ['cacheWrite1h', 'cache_creation_input_token_cost_above_1hr'],
  ['reasoning', 'output_cost_per_reasoning_token'],
  ['inputAudio', 'input_cost_per_audio_token'],
  ['outputAudio', 'output_cost_per_audio_token'],
];

/**
 * Reads a price list: a catalogue as Corvus ships one, or LiteLLM's `model_prices_and_context_window.json`. The same
 * model may be in it once for each seller. Rejects with `bad_request` for JSON of another kind, and for a list without
 * prices.
 * @param rest awaited now and then: a list has thousands of models, and others wait meanwhile
 */
export async function readPriceList(json: unknown, rest: () => Promise<unknown>): Promise<ReadPriceList> {
  const isCatalogue = z.object({ models: z.array(z.unknown()) }).safeParse(json).success;
  const read = isCatalogue ? readCatalogue(json) : await readOtherList(json, rest);
  if (read.models.length === 0) throw new CorvusError('bad_request', 'The price list has no prices per token.');
  return read;
}

/** The kind of provider that a seller's name in a list stands for. */
export function sellerOf(name: string): string {
  const seller = name.toLowerCase().replaceAll('_', '-');
  return ownMember(sellerNames, seller) ?? seller;
}

/** Whether the price is that of the model's own maker. */
export function isFromMaker({ provider, family }: KnownPrice): boolean {
  return family !== null && sellerOf(provider) === sellerOf(family);
}

function readCatalogue(json: unknown): ReadPriceList {
  const parsed = priceCatalogueSchema.safeParse(json, { error: issueWords });
  if (parsed.success) return { models: parsed.data.models, skipped: 0 };
  const { field, words } = firstFault(parsed.error);
  throw new CorvusError('bad_request', `The price list is not valid at "${field.slice(0, 80)}": ${words}.`);
}

async function readOtherList(json: unknown, rest: () => Promise<unknown>): Promise<ReadPriceList> {
  const parsed = otherListSchema.safeParse(json);
  if (!parsed.success || Array.isArray(json))
    throw new CorvusError('bad_request', 'This is no price list that Corvus knows.');
  const entries = Object.entries(parsed.data).filter(([slug]) => slug !== 'sample_spec');
  if (entries.length > mostModels)
    throw new CorvusError('bad_request', `The price list has more than ${mostModels} models.`);
  const models: KnownPrice[] = [];
  for (const [index, [slug, entry]] of entries.entries()) {
    if (index % modelsAtATime === 0) await rest();
    const price = readOtherEntry(slug, entry);
    if (price) models.push(price);
  }
  return { models, skipped: entries.length - models.length };
}

/** null: it is not priced by tokens, or its price is given as nothing at all, which there means that it is not known. */
function readOtherEntry(key: string, json: unknown): KnownPrice | null {
  const { data: entry } = otherEntrySchema.safeParse(json);
  const mode = entry && ownMember(modes, entry.mode);
  const prices = mode && pricesOf(mode, ratesOf(entry, ''));
  if (!prices) return null;
  const provider = sellerOf(entry.litellm_provider);
  const prefix = `${entry.litellm_provider}/`;
  const slug = key.startsWith(prefix) ? key.slice(prefix.length) : key;
  if (!modelPriceSchema.shape.slug.safeParse(slug).success || !sellerSchema.safeParse(provider).success) return null;
  const tiers = tiersOf(entry, prices);
  // Without one of its tiers, a long call would look cheaper than it is.
  if (!tiers) return null;
  return {
    slug,
    name: slug,
    family: makers.get(provider) ?? null,
    provider,
    mode,
    dialects: [mode === 'chat' ? 'openai-chat' : 'openai-embeddings'],
    prices,
    ...(tiers.length > 0 ? { tiers } : {}),
    ...limitOf('contextTokens', entry['max_input_tokens']),
    ...(mode === 'chat' ? limitOf('maxOutputTokens', entry['max_output_tokens']) : {}),
    prepaid: false,
  };
}

function limitOf(name: 'contextTokens' | 'maxOutputTokens', value: unknown): Partial<KnownPrice> {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? { [name]: value } : {};
}

/** null: input or output has no price. An embedding has no output. */
function pricesOf(mode: KnownPrice['mode'], rates: Partial<TokenPrices> | null): TokenPrices | null {
  const { input, output = mode === 'embedding' ? '0' : undefined } = rates ?? {};
  if (input === undefined || output === undefined || (Number(input) === 0 && Number(output) === 0)) return null;
  return { ...rates, input, output };
}

/** null: one of them cannot be held exactly, or is none. */
function ratesOf(entry: OtherEntry, suffix: string): Partial<TokenPrices> | null {
  const rates: Partial<Record<keyof TokenPrices, string>> = {};
  for (const [name, member] of rateMembers) {
    const rate = entry[member + suffix];
    if (rate === undefined || rate === null) continue;
    const text = typeof rate === 'number' ? perMillion(rate) : null;
    if (text === null) return null;
    rates[name] = text;
  }
  return rates;
}

/** `input_cost_per_token_above_200k_tokens` and its like. null: one of them cannot be held exactly. */
function tiersOf(entry: OtherEntry, base: TokenPrices): PriceTier[] | null {
  const limits = Object.keys(entry).flatMap((name) => {
    const [, thousands] = /^input_cost_per_token_above_(\d{1,6})k_tokens$/.exec(name) ?? [];
    return thousands === undefined ? [] : [Number(thousands)];
  });
  const tiers = limits
    .toSorted((a, b) => a - b)
    .flatMap((limit) => {
      const prices = ratesOf(entry, `_above_${limit}k_tokens`);
      return prices ? [{ aboveInputTokens: limit * 1000, prices: { ...base, ...prices } }] : [];
    });
  return tiers.length === limits.length ? tiers : null;
}

/**
 * A price per token as one per million, digit by digit: arithmetic on the number would change it. Digits that only
 * arithmetic left at its end are dropped. null: it has more decimals than money.
 */
function perMillion(perToken: number): string | null {
  const match = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(Number(perToken.toPrecision(15))));
  if (!match) return null;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent) + 6;
  const digits = whole + fraction;
  const padded = point > 0 ? digits.padEnd(point, '0') : digits.padStart(digits.length - point + 1, '0');
  const at = Math.max(point, 1);
  const [before, after] = [padded.slice(0, at).replace(/^0+(?=\d)/, ''), padded.slice(at).replace(/0+$/, '')];
  if (before.length > 12 || after.length > 9) return null;
  return after === '' ? before : `${before}.${after}`;
}
