import { type KnownPrice, type ModelPrice, type PriceCatalogue, priceCatalogueSchema } from '../domain/model-price.ts';
import { faultLines, issueWords } from '../issue-words.ts';

/** The date of a snapshot at the end of a slug: `-20250929` or `-2025-09-29`. */
const SNAPSHOT_DATE = /-20\d\d(-?)(0[1-9]|1[0-2])\1(0[1-9]|[12]\d|3[01])$/;

export interface PriceBook {
  readonly version: string;
  /** The price of the requested model, or null when it is not known. Never the price of a similar model. */
  find(slug: string): ModelPrice | null;
  list(): readonly ModelPrice[];
}

/** Checks a catalogue read from a file; throws with a list of all its faults. */
export function parseCatalogue(json: unknown): PriceCatalogue {
  const parsed = priceCatalogueSchema.safeParse(json, { error: issueWords });
  if (parsed.success) return parsed.data;
  throw new Error(`The price catalogue is not valid.\n${faultLines(parsed.error)}`);
}

/** Look-up over a catalogue. Exact slugs win over derived ones, and case is only ignored when nothing else fits. */
export function createPriceBook({ version, models }: PriceCatalogue): PriceBook {
  return { version, find: createPriceFinder(models), list: () => models };
}

/** The same over a catalogue that is read when it is first asked for. */
export function createLatePriceBook(read: () => PriceCatalogue): PriceBook {
  let made: PriceBook | null = null;
  const book = (): PriceBook => (made ??= createPriceBook(read()));
  return {
    get version() {
      return book().version;
    },
    find: (slug) => book().find(slug),
    list: () => book().list(),
  };
}

/** The same look-up over any list of prices. */
export function createPriceFinder<Price extends KnownPrice>(models: readonly Price[]): (slug: string) => Price | null {
  const exact = new Map(models.map((model) => [model.slug, model]));
  const folded = new Map(models.map((model) => [model.slug.toLowerCase(), model]));
  return (slug) => findIn(exact, slug) ?? findIn(folded, slug.toLowerCase());
}

function findIn<Price extends KnownPrice>(models: ReadonlyMap<string, Price>, slug: string): Price | null {
  return findDated(models, slug) ?? findPrefixed(models, slug);
}

function findDated<Price extends KnownPrice>(models: ReadonlyMap<string, Price>, slug: string): Price | null {
  return models.get(slug) ?? models.get(undated(slug)) ?? null;
}

/** `openai/gpt-5.5`: the text before the slash must be the family or the seller of the model after it. */
function findPrefixed<Price extends KnownPrice>(models: ReadonlyMap<string, Price>, slug: string): Price | null {
  const slash = slug.indexOf('/');
  if (slash < 0) return null;
  const prefix = slug.slice(0, slash);
  const model = findDated(models, slug.slice(slash + 1));
  return model !== null && (model.family === prefix || model.provider === prefix) ? model : null;
}

/** A slug without the date of its snapshot. */
export function undated(slug: string): string {
  return slug.replace(SNAPSHOT_DATE, '');
}
