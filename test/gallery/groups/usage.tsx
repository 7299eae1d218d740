import { anyUsage } from '#shared/contract/no-filter.ts';
import { ActiveFilters } from '../../../src/renderer/features/usage/active-filters.tsx';
import { RangeChoice } from '../../../src/renderer/features/usage/range-choice.tsx';
import { UsagePage } from '../../../src/renderer/features/usage/usage-page.tsx';
import { UsageTable } from '../../../src/renderer/features/usage/usage-table.tsx';
import { UsageTotals } from '../../../src/renderer/features/usage/usage-totals.tsx';
import { viewerTimeZone } from '../../../src/renderer/lib/time-zone.ts';
import { answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { localKey, longText } from '../samples.ts';
import { usageReport, usageSums } from '../usage-samples.ts';

const view = { range: '7d', by: 'tool', measure: 'cost', filter: anyUsage } as const;
const input = { timeZone: viewerTimeZone, range: '7d', by: 'tool', filter: anyUsage, sort: 'cost', limit: 50 } as const;
const keys = answer('keys.list', undefined, [localKey(1)]);
const table = (report = usageReport({})) => (
  <UsageTable report={report} view={view} keys={[]} onOnly={() => {}} onMore={() => {}} />
);
const huge = usageSums(999_999, { cost: '999999999.999999999', unpriced: 12_345 });
const longNames = usageReport({ values: [longText, 'Nightly research agent of the platform team, second attempt'] });

export const usage: Group = {
  id: 'usage',
  name: 'Usage',
  entries: [
    entry('Page', <UsagePage />, answer('usage.report', input, usageReport({})), keys),
    entry('Page, nothing yet', <UsagePage />, answer('usage.report', input, usageReport({ isEmpty: true })), keys),
    entry('Page, with an error', <UsagePage />, refusal('usage.report', input, 'The history cannot be read.'), keys),
    entry('Page, loading', <UsagePage />),
    entry(
      'Table, long and large',
      table({ ...longNames, rows: longNames.rows.map((row) => ({ ...row, sums: huge, before: huge })) }),
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
    entry('Any two days', <RangeChoice range="2026-11-01..2026-11-15" onRange={() => {}} />),
  ],
};
