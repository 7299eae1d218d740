import { Boxes, SearchX } from 'lucide-react';
import { useMemo } from 'react';
import type { ListedModel } from '#shared/contract/models.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { plural } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { ModelFilters } from './model-filters.tsx';
import { ModelTable } from './model-table.tsx';
import { useModelsStore } from './models-store.ts';
import { PromptCard } from './prompt-card.tsx';
import { pricePrompt, sortModels } from './price-prompt.ts';

export function ModelsPage() {
  const list = useCorvusQuery('models.list', undefined, { refreshOn: ['providers.changed', 'account.changed'] });
  return (
    <Page
      title="Models"
      description="What each model costs, and where a request for it goes now."
      actions={list.data && <p className="text-sm text-ink-3">Price catalogue {list.data.catalogueVersion}</p>}
    >
      <PromptCard />
      <Card
        title="All models"
        description="Prices are dollars per million tokens."
        isFlush
        actions={list.data && <ModelFilters models={list.data.models} />}
      >
        {list.isPending && <SkeletonRows rows={10} label="Loading models" />}
        {list.error && (
          <div className="p-5 pt-0">
            <Problem error={list.error} onRetry={() => void list.refetch()} />
          </div>
        )}
        {list.data && <FilteredModels models={list.data.models} />}
      </Card>
    </Page>
  );
}

function FilteredModels({ models }: { models: readonly ListedModel[] }) {
  const { search, family, onlyReachable, sort, isDescending, prompt, set } = useModelsStore();
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    // Before anything is set up, the price list is all there is to see.
    const isNarrowed = onlyReachable && models.some((model) => model.lane !== null);
    const fitting = models.filter(
      (model) =>
        (family === '' || model.price?.family === family) &&
        (!isNarrowed || model.lane !== null) &&
        (model.slug.toLowerCase().includes(wanted) || model.name.toLowerCase().includes(wanted)),
    );
    return sortModels(
      fitting.map((model) => ({ model, cost: pricePrompt(model, prompt) })),
      sort,
      isDescending,
    );
  }, [models, search, family, onlyReachable, sort, isDescending, prompt]);
  if (models.length === 0) {
    return (
      <EmptyState icon={<Boxes />} title="No models yet">
        Connect an account or add a provider, and their models are listed here.
      </EmptyState>
    );
  }
  if (shown.length === 0) {
    return (
      <EmptyState
        icon={<SearchX />}
        title="No matching models"
        action={<Button onClick={() => set({ search: '', family: '', onlyReachable: false })}>Clear filters</Button>}
      />
    );
  }
  return (
    <>
      <ModelTable models={shown} />
      <p role="status" className="px-5 py-3 text-sm text-ink-3">
        {plural(shown.length, 'model')}
      </p>
    </>
  );
}
