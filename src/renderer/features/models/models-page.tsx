import { Boxes, SearchX } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { ListedModel } from '#shared/contract/models.ts';
import type { OwnPrice } from '#shared/domain/own-price.ts';
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
import { PriceDialog, type PriceDraft } from './price-dialog.tsx';
import { PriceSources, priceSourcesId } from './price-sources.tsx';
import { PromptCard } from './prompt-card.tsx';
import { isUnpriced, pricePrompt, sortModels } from './price-prompt.ts';

export function ModelsPage() {
  const list = useCorvusQuery('models.list', undefined, {
    refreshOn: ['providers.changed', 'account.changed', 'prices.changed'],
  });
  const sources = useCorvusQuery('prices.get', undefined, { refreshOn: ['account.changed', 'prices.changed'] });
  const { draft, setDraft } = usePriceDraft(sources.data?.own ?? []);
  return (
    <Page
      title="Models"
      description="What each model costs, and where a request for it goes now."
      actions={
        <Button size="small" look="quiet" onClick={() => document.getElementById(priceSourcesId)?.focus()}>
          Where prices come from
        </Button>
      }
    >
      <PromptCard models={list.data?.models ?? []} />
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
        {list.data && <FilteredModels models={list.data.models} onSetPrice={setDraft} />}
      </Card>
      {sources.data && <PriceSources sources={sources.data} onEdit={setDraft} />}
      {draft && <PriceDialog draft={draft} onClose={() => setDraft(null)} />}
    </Page>
  );
}

/** The model whose price is being set is in the address, because a request without a cost links to it. */
function usePriceDraft(own: readonly OwnPrice[]) {
  const query = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const [model, provider] = [query.get('price'), query.get('at') ?? ''];
  const known = own.find((price) => price.model === model && (price.provider ?? '') === provider);
  const setDraft = useCallback(
    (next: PriceDraft | null) => {
      const address = next ? `?${new URLSearchParams({ price: next.model, at: next.provider })}` : '';
      navigate(`/models${address}`, { replace: true });
    },
    [navigate],
  );
  return { draft: model === null ? null : { model, provider, prices: known?.prices ?? {} }, setDraft };
}

interface FilteredModelsProps {
  models: readonly ListedModel[];
  onSetPrice: (draft: PriceDraft) => void;
}

function FilteredModels({ models, onSetPrice }: FilteredModelsProps) {
  const { search, family, shown: wantedModels, sort, isDescending, prompt, set } = useModelsStore();
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    // Before anything is set up, the price list is all there is to see.
    const isNarrowed = wantedModels === 'reachable' && models.some((model) => model.lane !== null);
    const fitting = models.filter(
      (model) =>
        (family === '' || model.price?.family === family) &&
        (!isNarrowed || model.lane !== null) &&
        (wantedModels !== 'unpriced' || isUnpriced(model)) &&
        (model.slug.toLowerCase().includes(wanted) || model.name.toLowerCase().includes(wanted)),
    );
    return sortModels(
      fitting.map((model) => ({ model, cost: pricePrompt(model, prompt) })),
      sort,
      isDescending,
    );
  }, [models, search, family, wantedModels, sort, isDescending, prompt]);
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
        action={<Button onClick={() => set({ search: '', family: '', shown: 'all' })}>Clear filters</Button>}
      />
    );
  }
  return (
    <>
      <ModelTable models={shown} onSetPrice={onSetPrice} />
      <p role="status" className="px-5 py-3 text-sm text-ink-3">
        {plural(shown.length, 'model')}
      </p>
    </>
  );
}
