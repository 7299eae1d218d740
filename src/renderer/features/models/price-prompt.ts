import type { ListedModel } from '#shared/contract/models.ts';
import { estimateCost } from '#shared/metering/estimate-cost.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import type { ModelSort, Prompt } from './models-store.ts';

export interface PricedModel {
  model: ListedModel;
  /** null: the price is not known, which is not the same as free. */
  cost: NanoUsd | null;
}

/** A key of the person's own pays for it, and Corvus does not know how much. */
export function isUnpriced({ lane, price, provider }: ListedModel): boolean {
  return lane === 'byok' && price === null && provider !== 'plan';
}

/** What one prompt would cost on a model, by the same function as every other estimate. */
export function pricePrompt({ price }: ListedModel, prompt: Prompt): NanoUsd | null {
  const cacheRead = Math.floor((prompt.inputTokens * prompt.cachedPercent) / 100);
  const input = { freshInput: prompt.inputTokens - cacheRead, cacheRead };
  return estimateCost(price, { input, output: prompt.outputTokens });
}

/**
 * Sorted as asked; models of unknown price always come last. By what the prompt costs, those that answer it come before
 * embeddings, which are the cheapest.
 */
export function sortModels(models: readonly PricedModel[], sort: ModelSort, isDescending: boolean): PricedModel[] {
  const direction = isDescending ? -1 : 1;
  return models.toSorted((a, b) => {
    if (sort === 'name') return direction * a.model.name.localeCompare(b.model.name);
    const [left, right] = [sortValue(a, sort), sortValue(b, sort)];
    const isOnlyOneAnEmbedding = isEmbedding(a) !== isEmbedding(b);
    if (sort === 'cost' && left !== null && right !== null && isOnlyOneAnEmbedding) return isEmbedding(a) ? 1 : -1;
    if (left === right) return a.model.name.localeCompare(b.model.name);
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -direction : direction;
  });
}

function isEmbedding({ model }: PricedModel): boolean {
  return model.price?.mode === 'embedding';
}

function sortValue({ model, cost }: PricedModel, sort: Exclude<ModelSort, 'name'>): bigint | null {
  if (sort === 'cost') return cost;
  if (sort === 'context') return model.price?.contextTokens === undefined ? null : BigInt(model.price.contextTokens);
  return model.price ? parseUsd(model.price.prices[sort]) : null;
}
