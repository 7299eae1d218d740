import { X } from 'lucide-react';
import { type UsageDimension, usageDimensionSchema, type UsageFilter } from '#shared/contract/usage.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { dimensionNames, valueName } from '../../lib/usage-words.ts';
import type { UsageView } from './use-usage-view.ts';

interface ActiveFiltersProps {
  view: UsageView;
  keys: readonly LocalKey[];
  onFilter: (filter: UsageFilter) => void;
}

/** What the page is narrowed to. */
export function ActiveFilters({ view: { filter }, keys, onFilter }: ActiveFiltersProps) {
  const active = usageDimensionSchema.options.flatMap((dimension): { dimension: UsageDimension; value: string }[] => {
    const value = filter[dimension];
    return value === null ? [] : [{ dimension, value }];
  });
  if (active.length === 0) return null;
  return (
    <div role="group" aria-label="Only requests of" className="-mt-1 flex flex-wrap items-center gap-2">
      {active.map(({ dimension, value }) => (
        <span
          key={dimension}
          className="flex h-9 max-w-80 items-center gap-1 rounded-lg border border-line bg-inset pr-0.5 pl-3 text-sm"
          title={valueName(dimension, value, keys)}
        >
          <span className="truncate">
            {dimensionNames[dimension]}: {valueName(dimension, value, keys)}
          </span>
          <IconButton
            label={`Any ${dimensionNames[dimension].toLowerCase()}`}
            onClick={() => onFilter({ ...filter, [dimension]: null })}
          >
            <X aria-hidden />
          </IconButton>
        </span>
      ))}
      <Button look="quiet" icon={<X aria-hidden />} onClick={() => onFilter(anyUsage)}>
        Clear
      </Button>
    </div>
  );
}
