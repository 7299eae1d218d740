import type { Output } from '#shared/contract/contract.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import { ActiveFilters } from '../../../src/renderer/features/usage/active-filters.tsx';
import { CacheCard } from '../../../src/renderer/features/usage/cache-card.tsx';
import { RangeChoice } from '../../../src/renderer/features/usage/range-choice.tsx';
import { UsagePage } from '../../../src/renderer/features/usage/usage-page.tsx';
import { UsageTable } from '../../../src/renderer/features/usage/usage-table.tsx';
import { Alternatives, WhatIf } from '../../../src/renderer/features/usage/what-if.tsx';
import { UsageTotals } from '../../../src/renderer/features/usage/usage-totals.tsx';
import { viewerTimeZone } from '../../../src/renderer/lib/format-time.ts';
import { answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { cacheBreak, hugeAmount, localKey, longText, request } from '../samples.ts';
import { usageReport, usageSums } from '../usage-samples.ts';

const view = { range: '7d', by: 'tool', measure: 'cost', filter: anyUsage, whatIf: null } as const;
const input = { timeZone: viewerTimeZone, range: '7d', by: 'tool', filter: anyUsage, sort: 'cost', limit: 50 } as const;
const keys = answer('keys.list', undefined, [localKey(1)]);
const table = (report = usageReport({})) => (
  <UsageTable report={report} view={view} keys={[]} onOnly={() => {}} onMore={() => {}} />
);
const breaksInput = { timeZone: viewerTimeZone, range: '7d', filter: anyUsage, limit: 10 } as const;
const causes = ['system', 'tool-order', 'tools', 'message', 'cut', 'expired', 'model', 'provider', 'unknown'] as const;
const cacheBreaks = answer(
  'usage.cache-breaks',
  breaksInput,
  causes
    .map((cause, index) => ({
      ...request(index + 1),
      tool: index === 2 ? longText : 'Claude Code',
      session: 'c0ffee',
      cacheBreak: cacheBreak({ cause, lost: index === 0 ? hugeAmount.slice(1) : '0.2431', afterMs: 840_000 }),
    }))
    .map(({ id, createdAtMs, tool, modelRequested, session, inputTokens, cacheBreak: found }) => ({
      id,
      createdAtMs,
      tool,
      modelRequested,
      session,
      inputTokens,
      cacheBreak: found,
    })),
);
const huge = usageSums(999_999, { cost: '999999999.999999999', unpriced: 12_345 });
const longNames = usageReport({ values: [longText, 'Nightly research agent of the platform team, second attempt'] });

const alternative = { isAtLeast: false, priced: 240, notPriced: 0, was: '25.92', wasUnknown: 0 };
const answered = {
  span: usageReport({}).span,
  metered: 252,
  unmetered: 3,
  alternatives: [
    { ...alternative, model: null, at: 'as-sent', cost: '25.92', notPriced: 12 },
    { ...alternative, model: null, at: 'prepaid', cost: '31.104', isAtLeast: true, notPriced: 12, wasUnknown: 4 },
    { ...alternative, model: null, at: 'byok', cost: null, priced: 0, notPriced: 252, was: '0.00' },
    { ...alternative, model: 'claude-haiku-4-5', at: 'byok', cost: '7.31', priced: 252, was: '25.92' },
  ],
  catalogueVersion: '2026-11-27.1',
  accountVersion: '2026-11-27.1',
} satisfies Output<'usage.what-if'>;
const large = {
  cost: '999999999.999999999',
  was: '0.01',
  priced: 999_999_999,
  notPriced: 999_999_999,
  wasUnknown: 999_999,
};
const largeAnswer = {
  ...answered,
  alternatives: answered.alternatives.map((line) => ({ ...line, ...large, model: longText })),
};
const whatIf = answer(
  'usage.what-if',
  { timeZone: viewerTimeZone, range: '7d', filter: anyUsage, model: 'claude-haiku-4-5' },
  answered,
);
const list = answer('models.list', undefined, { catalogueVersion: '2026-11-27.1', models: [] });

export const usage: Group = {
  id: 'usage',
  name: 'Usage',
  entries: [
    entry('Page', <UsagePage />, answer('usage.report', input, usageReport({})), cacheBreaks, keys),
    entry('Page, nothing yet', <UsagePage />, answer('usage.report', input, usageReport({ isEmpty: true })), keys),
    entry('Page, with an error', <UsagePage />, refusal('usage.report', input, 'The history cannot be read.'), keys),
    entry('Page, loading', <UsagePage />),
    entry(
      'Table, long and large',
      table({ ...longNames, rows: longNames.rows.map((row) => ({ ...row, sums: huge, before: huge })) }),
    ),
    entry('Prompt cache', <CacheCard report={usageReport({})} view={view} keys={[]} />, cacheBreaks),
    entry(
      'Prompt cache, nothing lost',
      <CacheCard report={usageReport({})} view={view} keys={[]} />,
      answer('usage.cache-breaks', breaksInput, []),
    ),
    entry(
      'Sums, large',
      <UsageTotals report={{ ...usageReport({}), total: huge, totalBefore: huge }} filter={anyUsage} />,
    ),
    entry(
      'Filters',
      <ActiveFilters
        view={{ ...view, filter: { ...anyUsage, project: '', session: longText, lane: 'byok' } }}
        keys={[]}
        onFilter={() => {}}
      />,
    ),
    entry('What if', <WhatIf view={{ ...view, whatIf: 'claude-haiku-4-5' }} onChange={() => {}} />, whatIf, list),
    entry('What if, long and large', <Alternatives answer={largeAnswer} />),
    entry('Any two days', <RangeChoice range="2026-11-01..2026-11-15" onRange={() => {}} />),
  ],
};
