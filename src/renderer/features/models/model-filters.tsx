import { Search } from 'lucide-react';
import type { ListedModel } from '#shared/contract/models.ts';
import { familyNames } from '#shared/domain/model-price.ts';
import { TextInput } from '../../components/field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { countText } from '../../lib/format-number.ts';
import { isUnpriced } from './price-prompt.ts';
import { type ShownModels, useModelsStore } from './models-store.ts';

export function ModelFilters({ models }: { models: readonly ListedModel[] }) {
  const { search, family, shown, set } = useModelsStore();
  const unpriced = models.filter(isUnpriced).length;
  const canBeReached = models.some(({ lane }) => lane !== null);
  const families = [...new Set(models.flatMap((model) => model.price?.family ?? []))];
  return (
    <div role="search" aria-label="Filter models" className="flex flex-wrap items-center justify-end gap-2">
      <Segmented
        label="Which models"
        value={shown === 'reachable' && !canBeReached ? 'all' : shown}
        options={[
          { value: 'all', label: 'All' },
          // Before anything is set up, the price list is all there is to see.
          ...(canBeReached ? [{ value: 'reachable', label: 'Usable now' } as const] : []),
          { value: 'unpriced', label: `Unpriced (${countText(unpriced)})` },
        ]}
        onValue={(value: ShownModels) => set({ shown: value })}
      />
      <Select
        aria-label="Family"
        className="w-40"
        value={family}
        options={[
          { value: '', label: 'All families' },
          ...families.map((name) => ({ value: name, label: familyNames[name] })),
        ]}
        onValue={(chosen) => set({ family: chosen })}
      />
      <span className="relative w-56">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
        />
        <TextInput
          type="search"
          aria-label="Search models"
          placeholder="Search models"
          value={search}
          onChange={(change) => set({ search: change.target.value })}
          className="pl-9"
        />
      </span>
    </div>
  );
}
