import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelPrice, TokenPrices } from '#shared/domain/model-price.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { parseUsd } from '#shared/money.ts';

const docsPath = fileURLToPath(new URL('../../../docs/pricing.md', import.meta.url));
const cataloguePath = new URL('../../../resources/price-catalogue.json', import.meta.url);
const catalogue = parseCatalogue(JSON.parse(readFileSync(cataloguePath, 'utf8')));
const book = createPriceBook(catalogue);

const sample = {
  slug: 'gpt-5.5',
  name: 'GPT-5.5',
  family: 'openai',
  provider: 'openai',
  mode: 'chat',
  dialects: ['openai-chat'],
  prices: { input: '5.00', output: '30.00' },
  prepaid: true,
} as const;

function catalogueOf(...models: unknown[]): unknown {
  return { version: '2026-11-20.1', currency: 'USD', unit: 'USD per 1,000,000 tokens', models };
}

function pricesOf(slug: string): TokenPrices | undefined {
  return catalogue.models.find((model) => model.slug === slug)?.prices;
}

describe('a catalogue is refused when', () => {
  const { input, ...withoutInput } = sample.prices;
  const tier = (aboveInputTokens: number) => ({ aboveInputTokens, prices: sample.prices });
  test.each([
    ['a slug is listed twice', catalogueOf(sample, sample), /"gpt-5.5" is listed twice/],
    ['two slugs differ in case only', catalogueOf(sample, { ...sample, slug: 'GPT-5.5' }), /"GPT-5.5" is listed twice/],
    ['a price is missing', catalogueOf({ ...sample, prices: withoutInput }), /prices\.input/],
    ['a price is a number', catalogueOf({ ...sample, prices: { ...sample.prices, input: 5 } }), /prices\.input/],
    [
      'a price is negative',
      catalogueOf({ ...sample, prices: { ...sample.prices, input: `-${input}` } }),
      /prices\.input/,
    ],
    [
      'a price has ten decimals',
      catalogueOf({ ...sample, prices: { ...sample.prices, input: '0.0000000001' } }),
      /prices\.input/,
    ],
    ['a price is null', catalogueOf({ ...sample, prices: { ...sample.prices, cacheRead: null } }), /prices\.cacheRead/],
    ['a bucket is misspelt', catalogueOf({ ...sample, prices: { ...sample.prices, cachedRead: '1' } }), /cachedRead/],
    ['tiers do not rise', catalogueOf({ ...sample, tiers: [tier(200_000), tier(200_000)] }), /limits must rise/],
    ['the currency is another', { ...catalogue, currency: 'EUR' }, /currency/],
    ['it is empty', catalogueOf(), /models/],
    ['it is not an object', null, /price catalogue is not valid/],
  ])('%s', (_reason, json, message) => {
    expect(() => parseCatalogue(json)).toThrow(message);
  });

  test('and the sample itself is fine', () => {
    expect(parseCatalogue(catalogueOf({ ...sample, tiers: [tier(200_000), tier(400_000)] })).models).toHaveLength(1);
  });
});

describe('the shipped catalogue', () => {
  test('every price is exact money', () => {
    const rows = catalogue.models.flatMap((model) => [
      model.prices,
      model.fees ?? {},
      ...[...(model.tiers ?? []), ...(model.variants ?? [])].map(({ prices }) => prices),
    ]);
    const prices = rows.flatMap((row) => Object.values(row));
    expect(prices.length).toBeGreaterThan(catalogue.models.length * 2);
    expect(prices.filter((price) => parseUsd(price) === null)).toEqual([]);
  });

  test.each([
    ['zai-org/GLM-5.1-FP8', 'zai', { input: '0.50', output: '2.00' }],
    ['moonshotai/Kimi-K2.6', 'moonshot', { input: '0.55', output: '2.20' }],
    ['MiniMaxAI/MiniMax-M2.5', 'minimax', { input: '0.45', output: '1.80' }],
    ['deepseek-ai/DeepSeek-V4-Flash', 'deepseek', { input: '0.35', output: '1.40' }],
  ])('%s costs what its seller publishes, and no cache price is made up', (slug, family, prices) => {
    expect(book.find(slug)).toMatchObject({ slug, family, provider: 'corvex', prepaid: true });
    expect(pricesOf(slug)).toEqual(prices);
  });

  test('gpt-5.5 is sold prepaid, with its long-context tier', () => {
    expect(book.find('gpt-5.5')).toMatchObject({
      prices: { input: '5.00', output: '30.00', cacheRead: '0.50' },
      tiers: [{ aboveInputTokens: 272_000, prices: { input: '10.00', output: '45.00', cacheRead: '1.00' } }],
      prepaid: true,
    });
  });

  test('the built-in models are priced', () => {
    expect(pricesOf('corvus/echo')).toEqual({
      input: '1.00',
      output: '4.00',
      cacheRead: '0.10',
      cacheWrite5m: '1.25',
      cacheWrite1h: '2.00',
    });
    expect(pricesOf('corvus/echo-embedding')).toEqual({ input: '0.02', output: '0.00' });
  });

  test('a cache read that costs less than a tenth of the input is kept as it is', () => {
    expect(pricesOf('claude-opus-5-5')).toEqual({
      input: '4.00',
      output: '20.00',
      cacheRead: '0.20',
      cacheWrite5m: '5.00',
      cacheWrite1h: '8.00',
    });
  });

  test('every prepaid Anthropic model has both cache writes', () => {
    const claude = catalogue.models.filter((model) => model.family === 'anthropic' && model.prepaid);
    expect(claude.length).toBeGreaterThan(10);
    const incomplete = claude.filter(({ prices }) => !prices.cacheRead || !prices.cacheWrite5m || !prices.cacheWrite1h);
    expect(incomplete).toEqual([]);
  });

  test('a tier names every price its model names, so that no cheaper one leaks into a long call', () => {
    const leaking = catalogue.models.filter((model) =>
      (model.tiers ?? []).some((tier) => Object.keys(model.prices).some((bucket) => !(bucket in tier.prices))),
    );
    expect(leaking.map((model) => model.slug)).toEqual([]);
  });

  test('service tiers cost what their maker publishes: flex less than the standard one, priority more', () => {
    const odd = catalogue.models.flatMap(({ slug, prices, variants = [] }) =>
      variants
        .filter(
          (variant) => Number(variant.prices.output) > Number(prices.output) !== (variant.serviceTier === 'priority'),
        )
        .map(() => slug),
    );
    expect(odd).toEqual([]);
    expect(book.find('gpt-5.5')).toMatchObject({
      variants: [
        { serviceTier: 'flex', prices: { input: '2.50', output: '15.00', cacheRead: '0.25' } },
        { serviceTier: 'priority', prices: { input: '10.00', output: '60.00', cacheRead: '1.00' } },
      ],
      fees: { webSearch: '0.01' },
    });
  });

  test('nothing is sold prepaid for nothing', () => {
    const free = catalogue.models.filter((model) => model.prepaid && parseUsd(model.prices.input) === 0n);
    expect(free.map((model) => model.slug)).toEqual([]);
  });

  test('no cache write is free where input is not', () => {
    const free = catalogue.models.filter(
      (model) => model.prices.cacheWrite5m === '0.00' && model.prices.input !== '0.00',
    );
    expect(free.map((model) => model.slug)).toEqual([]);
  });

  test('embedding models speak the embedding dialect, and only they do', () => {
    for (const model of catalogue.models) {
      expect(model.dialects.includes('openai-embeddings'), model.slug).toBe(model.mode === 'embedding');
    }
  });

  test('output never exceeds the context', () => {
    const odd = catalogue.models.filter((model) => (model.maxOutputTokens ?? 0) > (model.contextTokens ?? Infinity));
    expect(odd.map((model) => model.slug)).toEqual([]);
  });
});

describe('find', () => {
  test.each([
    ['gpt-5.5', 'gpt-5.5'],
    ['openai/gpt-5.5', 'gpt-5.5'],
    ['gpt-5.5-2026-04-23', 'gpt-5.5'],
    ['openai/gpt-5.5-2026-04-23', 'gpt-5.5'],
    ['GPT-5.5', 'gpt-5.5'],
    ['OpenAI/GPT-5.5-2026-04-23', 'gpt-5.5'],
    ['claude-opus-4-6-20260205', 'claude-opus-4-6'],
    ['moonshot/kimi-k3', 'kimi-k3'],
    ['moonshotai/kimi-k3', 'kimi-k3'],
    ['corvex/zai-org/GLM-5.1-FP8', 'zai-org/GLM-5.1-FP8'],
    ['zai-org/glm-5.1-fp8', 'zai-org/GLM-5.1-FP8'],
    ['minimax/minimax-m2.5', 'MiniMax-M2.5'],
  ])('%s is %s', (asked, slug) => {
    expect(book.find(asked)?.slug).toBe(slug);
  });

  test.each([
    'gpt-5.5-mini',
    'openai/gpt-5.5-mini',
    'gpt-5.5-pro-max',
    'gpt-5',
    'gpt',
    'anthropic/gpt-5.5',
    '/gpt-5.5',
    'gpt-5.5/',
    'openai/',
    'gpt-5.5-20261399',
    'gpt-5.5-2026-0423',
    'gpt-5.5-2026-04',
    'gpt-5.5-2604',
    'gpt-5.5 ',
    'echo',
    'GLM-5.1-FP8',
    '__proto__',
    '',
  ])('%j is no more than what it says', (asked) => {
    const known = catalogue.models.find((model) => model.slug === asked) ?? null;
    expect(book.find(asked)).toBe(known);
  });

  test('a dated snapshot with a price of its own keeps it', () => {
    expect(book.find('gpt-4o-2024-05-13')?.prices.input).toBe('5.00');
    expect(book.find('openai/gpt-4o-2024-05-13')?.prices.input).toBe('5.00');
    expect(book.find('gpt-4o')?.prices.input).toBe('2.50');
  });

  test('the maker of a model answers to its own prefix, another seller to its exact slug', () => {
    expect(book.find('moonshotai/Kimi-K2.6')?.provider).toBe('corvex');
    expect(book.find('moonshotai/kimi-k2.6')?.provider).toBe('moonshotai');
  });

  test('an exact slug wins over one that is derived', () => {
    const resold = { ...sample, slug: 'openai/gpt-5.5', provider: 'reseller' };
    const dated = { ...sample, slug: 'gpt-5.5-2026-04-23', provider: 'archive' };
    const small = createPriceBook(parseCatalogue(catalogueOf(sample, resold, dated)));
    expect(small.find('openai/gpt-5.5')?.provider).toBe('reseller');
    expect(small.find('gpt-5.5-2026-04-23')?.provider).toBe('archive');
    expect(small.find('openai/gpt-5.5-2026-04-24')?.provider).toBe('reseller');
  });

  test('every model of the list is found by its slug', () => {
    expect(book.list().map((model) => book.find(model.slug))).toEqual(catalogue.models);
    expect(book.version).toBe(catalogue.version);
  });

  test('whatever stands behind a slug, it is that model dated or another one', () => {
    const slugs = catalogue.models.map((model) => model.slug);
    const tail = fc.stringMatching(/^[-.:/a-z0-9]{1,12}$/);
    fc.assert(
      fc.property(fc.constantFrom(...slugs), tail, (slug, suffix) => {
        fc.pre(!slugs.includes(slug + suffix) && !/\d{4}-?\d\d-?\d\d$/.test(suffix));
        expect(book.find(slug + suffix)?.slug).not.toBe(slug);
      }),
    );
  });
});

/** Markdown cells are padded because the formatter would pad them. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function priceRows(model: ModelPrice): string[][] {
  const cells = (label: string, { input, output, cacheRead, cacheWrite5m, cacheWrite1h }: TokenPrices) =>
    [label, input, output, cacheRead, cacheWrite5m, cacheWrite1h, model.fees?.webSearch].map((cell) => cell ?? '–');
  const tiers = model.tiers ?? [];
  return [
    cells(`\`${model.slug}\``, model.prices),
    ...tiers.map((tier) =>
      cells(`\`${model.slug}\`, above ${tier.aboveInputTokens.toLocaleString('en-US')}`, tier.prices),
    ),
    ...(model.variants ?? []).map(({ serviceTier, prices }) => cells(`\`${model.slug}\`, ${serviceTier}`, prices)),
  ];
}

/** `vitest run <this file> -u` writes the table after a change of the catalogue. */
test('docs/pricing.md shows the catalogue', async () => {
  const head = ['Model', 'Input', 'Output', 'Cache read', 'Cache write, 5 min', 'Cache write, 1 h', 'Web search, each'];
  const table = renderTable([head, ...catalogue.models.filter((model) => model.prepaid).flatMap(priceRows)]);
  const expected = `<!-- prices:begin -->\n\nCatalogue ${catalogue.version}.\n\n${table}\n\n<!-- prices:end -->`;
  const page = readFileSync(docsPath, 'utf8');
  const markers = /<!-- prices:begin -->.*<!-- prices:end -->/s;
  expect(page).toMatch(markers);
  await expect(page.replace(markers, () => expected)).toMatchFileSnapshot(docsPath);
});
