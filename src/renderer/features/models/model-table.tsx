import { memo, useState } from 'react';
import type { ListedModel } from '#shared/contract/models.ts';
import type { PriceOrigin } from '#shared/domain/own-price.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import { Button } from '../../components/button.tsx';
import { LaneLabel } from '../../components/lane-label.tsx';
import { Money } from '../../components/money.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { classNames } from '../../lib/class-names.ts';
import { priceText } from '../../lib/format-money.ts';
import { plural, tokensText } from '../../lib/format-number.ts';
import { RecentUsage } from '../../components/recent-usage.tsx';
import { type UsedRecently, useUsageBy } from '../../lib/use-usage-by.ts';
import { type ModelSort, useModelsStore } from './models-store.ts';
import type { PriceDraft } from './price-dialog.tsx';
import { isUnpriced, type PricedModel } from './price-prompt.ts';

// A provider may list thousands; that many rows at once would make typing slow.
const rowsAtFirst = 150;

// In a narrow window, the cost column stays visible and the others shrink.
const fromSmall = 'hidden md:table-cell';
const fromLarge = 'hidden xl:table-cell';
const fromWidest = 'hidden 2xl:table-cell';

interface ModelTableProps {
  models: readonly PricedModel[];
  onSetPrice: (draft: PriceDraft) => void;
}

export function ModelTable({ models, onSetPrice }: ModelTableProps) {
  const [isWhole, setIsWhole] = useState(false);
  const { sort, isDescending, sortBy } = useModelsStore();
  const dearest = models.reduce<NanoUsd | null>(
    (most, { cost }) => (cost !== null && (most === null || cost > most) ? cost : most),
    null,
  );
  const usageOf = useUsageBy('model');
  const rows = isWhole ? models : models.slice(0, rowsAtFirst);
  const sortOf = (column: ModelSort) => (sort === column ? (isDescending ? 'descending' : 'ascending') : 'none');
  const head = (
    column: ModelSort,
    name: string,
    options: { isNumber?: boolean; className?: string } = { isNumber: true },
  ) => (
    <HeadCell {...options} sort={sortOf(column)} onSort={() => sortBy(column)}>
      {name}
    </HeadCell>
  );
  return (
    <>
      <Table label="Models">
        <thead>
          <tr>
            {head('name', 'Model', {})}
            <HeadCell className={fromSmall}>Goes to</HeadCell>
            {head('context', 'Context', { isNumber: true, className: fromLarge })}
            {head('input', 'Input')}
            <HeadCell isNumber className={fromLarge}>
              Cached
            </HeadCell>
            {head('output', 'Output')}
            <HeadCell className={fromLarge}>Price from</HeadCell>
            <HeadCell className={fromWidest}>Last 30 days</HeadCell>
            {head('cost', 'This prompt')}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <ModelRow
              key={row.model.slug}
              row={row}
              usage={usageOf(row.model.slug)}
              widthPercent={barPercent(row.cost, dearest)}
              onSetPrice={onSetPrice}
            />
          ))}
        </tbody>
      </Table>
      {rows.length < models.length && (
        <div className="flex justify-center pt-3">
          <Button onClick={() => setIsWhole(true)}>Show {plural(models.length - rows.length, 'more model')}</Button>
        </div>
      )}
    </>
  );
}

interface ModelRowProps {
  row: PricedModel;
  usage: UsedRecently | null;
  widthPercent: number;
  onSetPrice: (draft: PriceDraft) => void;
}

const ModelRow = memo(
  function ModelRow({ row: { model, cost }, usage, widthPercent, onSetPrice }: ModelRowProps) {
    const { price } = model;
    return (
      <tr className="hover:bg-hover">
        <Cell className="max-w-[14rem] min-w-40 2xl:max-w-[24rem]">
          <span className="block truncate font-medium" title={model.name}>
            {model.name}
          </span>
          <span className="block truncate font-mono text-xs text-ink-3" title={model.slug}>
            {model.slug}
          </span>
        </Cell>
        <Cell className={classNames('max-w-48 whitespace-nowrap', fromSmall)}>
          {model.lane ? (
            <span className="flex min-w-0 flex-col">
              <LaneLabel lane={model.lane} />
              <span className="truncate text-xs text-ink-3" title={model.provider ?? undefined}>
                {model.provider}
              </span>
            </span>
          ) : (
            <span className="text-ink-3">Not available</span>
          )}
        </Cell>
        <Cell isNumber className={classNames('text-ink-2', fromLarge)}>
          {price?.contextTokens === undefined ? (
            <span className="text-ink-3">unknown</span>
          ) : (
            tokensText(price.contextTokens)
          )}
        </Cell>
        <Cell isNumber>
          {price ? priceText(price.prices.input) : <NoPrice model={model} onSetPrice={onSetPrice} />}
        </Cell>
        <Cell isNumber className={classNames('text-ink-2', fromLarge)}>
          {price ? (
            price.prices.cacheRead === undefined ? (
              <span title="Billed at the input price">as input</span>
            ) : (
              priceText(price.prices.cacheRead)
            )
          ) : (
            <Unknown />
          )}
        </Cell>
        <Cell isNumber>{price ? priceText(price.prices.output) : <Unknown />}</Cell>
        <Cell className={classNames('text-xs whitespace-nowrap text-ink-2', fromLarge)}>
          {model.priceOrigin && originText(model.priceOrigin)}
        </Cell>
        <Cell className={classNames('whitespace-nowrap', fromWidest)}>
          <RecentUsage usage={usage} />
        </Cell>
        <Cell isNumber className="w-[20%] min-w-36">
          <span className="flex items-center justify-end gap-3">
            <span aria-hidden className="h-1.5 min-w-8 flex-1 overflow-hidden rounded-full bg-inset">
              <span className="block h-full rounded-full bg-accent" style={{ width: `${widthPercent}%` }} />
            </span>
            <Money
              amount={cost === null ? null : usdText(cost)}
              isFocusable={false}
              className="min-w-18 text-right font-medium"
            />
          </span>
        </Cell>
      </tr>
    );
  },
  (before, after) =>
    before.row.model === after.row.model &&
    before.usage?.sums === after.usage?.sums &&
    before.onSetPrice === after.onSetPrice &&
    before.row.cost === after.row.cost &&
    before.widthPercent === after.widthPercent,
);

/** What a key of one's own pays can be priced at once. */
function NoPrice({ model, onSetPrice }: { model: ListedModel; onSetPrice: (draft: PriceDraft) => void }) {
  if (!isUnpriced(model)) return <Unknown />;
  const draft = { model: model.slug, provider: model.provider ?? '', prices: {} };
  return (
    <Button size="small" aria-label={`Set price of ${model.slug}`} onClick={() => onSetPrice(draft)}>
      Set price
    </Button>
  );
}

/** Own prices and price lists are labelled already. */
function originText({ kind, version }: PriceOrigin): string {
  if (kind === 'account') return `account, ${version}`;
  return kind === 'catalogue' ? `catalogue ${version}` : version;
}

function Unknown() {
  return <span className="text-ink-3">unknown</span>;
}

function barPercent(cost: NanoUsd | null, dearest: NanoUsd | null): number {
  if (cost === null || dearest === null || dearest === 0n || cost === 0n) return 0;
  return Math.max(1, Number((cost * 1000n) / dearest) / 10);
}
