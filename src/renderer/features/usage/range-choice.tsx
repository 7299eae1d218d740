import { type UsageRange, usageRangeSchema } from '#shared/contract/usage.ts';
import { dayText } from '#shared/day-text.ts';
import { TextInput } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';

const named = [
  { value: 'today', label: 'Today' },
  { value: 'yesterday', label: 'Yesterday' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: 'month', label: 'This month' },
  { value: 'last-month', label: 'Last month' },
  { value: 'days', label: 'From … to …' },
] as const;

/** Which days: those that have a name, or any two. */
export function RangeChoice({ range, onRange }: { range: UsageRange; onRange: (range: UsageRange) => void }) {
  const [first, last] = range.includes('..') ? range.split('..') : [null, null];
  function choose(value: (typeof named)[number]['value']) {
    onRange(value === 'days' ? `${dateOf(6)}..${dateOf(0)}` : value);
  }
  function setDay(from: string, to: string) {
    const given = usageRangeSchema.safeParse(from <= to ? `${from}..${to}` : `${to}..${from}`);
    if (given.success) onRange(given.data);
  }
  return (
    <div role="group" aria-label="Time range" className="flex flex-wrap items-center gap-2">
      <Select
        aria-label="Days"
        className="w-40"
        value={first === null ? nameOf(range) : 'days'}
        options={named}
        onValue={choose}
      />
      {first !== null && last !== null && (
        <>
          <TextInput
            type="date"
            aria-label="First day"
            className="w-36"
            value={first}
            onChange={({ target }) => setDay(target.value, last ?? '')}
          />
          <TextInput
            type="date"
            aria-label="Last day"
            className="w-36"
            value={last}
            onChange={({ target }) => setDay(first, target.value)}
          />
        </>
      )}
    </div>
  );
}

function nameOf(range: UsageRange): (typeof named)[number]['value'] {
  return named.find(({ value }) => value === range)?.value ?? 'days';
}

function dateOf(daysAgo: number): string {
  const now = new Date();
  return dayText(new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo));
}
