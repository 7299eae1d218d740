import type { Estimate } from '#shared/contract/estimates.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { Card } from '../../../src/renderer/components/card.tsx';
import { EstimatedPlaces } from '../../../src/renderer/features/models/estimated-places.tsx';
import { ModelFilters } from '../../../src/renderer/features/models/model-filters.tsx';
import { ModelTable } from '../../../src/renderer/features/models/model-table.tsx';
import { pricePrompt } from '../../../src/renderer/features/models/price-prompt.ts';
import { PriceSources } from '../../../src/renderer/features/models/price-sources.tsx';
import { PromptCard } from '../../../src/renderer/features/models/prompt-card.tsx';
import { recentUsage } from '../usage-samples.ts';
import { entry, type Group } from '../entry.ts';
import { longText } from '../samples.ts';

const model = (slug: string, change: Partial<ListedModel> = {}): ListedModel => ({
  slug,
  name: slug,
  lane: 'prepaid',
  provider: 'corvusllm',
  dialects: ['openai-chat'],
  price: {
    slug,
    name: slug,
    family: 'openai',
    provider: 'openai',
    mode: 'chat',
    dialects: ['openai-chat'],
    prices: { input: '1.25', output: '10', cacheRead: '0.125' },
    contextTokens: 400_000,
    prepaid: true,
  },
  priceOrigin: { kind: 'catalogue', version: '2026-11-27.1' },
  ...change,
});

const listed = [
  model('gpt-5.5'),
  model('claude-haiku-4-5', { lane: 'byok', provider: 'anthropic' }),
  model('qwen3:8b', { lane: 'local', provider: 'ollama', price: null, priceOrigin: null }),
  model('our-own-model', { lane: 'byok', provider: 'acme', price: null, priceOrigin: null }),
  model(longText, { lane: null, provider: null }),
];
const sampleTime = Date.UTC(2026, 10, 20, 12);
const prompt = { inputTokens: 45_000, outputTokens: 900, cachedPercent: 90 };

const cost = {
  input: '0.05625',
  cachedInput: '0.009',
  cold: { low: '0.05745', high: '0.0712' },
  warm: { low: '0.0102', high: '0.02395' },
  most: '3.84',
};
const place = { model: 'gpt-5.5', isNext: false, isListed: true };
const places: Estimate['places'] = [
  { ...place, lane: 'byok', provider: 'openai', isNext: true, cost },
  { ...place, lane: 'prepaid', provider: 'account', cost: { ...cost, cachedInput: null, cold: null, warm: null } },
  { ...place, lane: 'byok', provider: 'acme', isListed: false, cost: null },
  {
    ...place,
    lane: null,
    provider: longText,
    model: longText,
    isListed: false,
    cost: { ...cost, most: '999999999.999999999' },
  },
];

export const models: Group = {
  id: 'models',
  name: 'Models',
  entries: [
    entry(
      'Price sources',
      <PriceSources
        sources={{
          catalogue: { version: '2026-11-27.1', models: 167 },
          account: null,
          list: {
            source: `/home/ada/${longText}.json`,
            models: 2140,
            skipped: 12,
            readAtMs: sampleTime,
            problem: longText,
          },
          own: [
            {
              provider: null,
              model: longText,
              prices: { input: '0.1', output: '1234.000000001' },
              setAtMs: sampleTime,
            },
          ],
        }}
        onEdit={() => undefined}
      />,
    ),
    entry('Prompt', <PromptCard models={listed} />),
    entry('Places of an estimate', <EstimatedPlaces places={places} />),
    entry('Filters', <ModelFilters models={listed} />),
    entry(
      'Models',
      <Card title="All models" isFlush>
        <ModelTable
          models={listed.map((shown) => ({ model: shown, cost: pricePrompt(shown, prompt) }))}
          onSetPrice={() => undefined}
        />
      </Card>,
      recentUsage(
        'model',
        listed.slice(0, 2).map(({ slug }) => slug),
      ),
    ),
  ],
};
