import type { Output } from '#shared/contract/contract.ts';
import type { Alternative } from '#shared/contract/usage.ts';
import { parseUsd } from '#shared/money.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { Select } from '../../components/select.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { countText, plural } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';
import type { UsageView } from './use-usage-view.ts';

interface WhatIfProps {
  view: UsageView;
  onChange: (whatIf: UsageView['whatIf']) => void;
}

/** What the requests of the page would have cost elsewhere. Asked only once it is looked at. */
export function WhatIf({ view, onChange }: WhatIfProps) {
  const { whatIf } = view;
  const isOpen = whatIf !== null;
  return (
    <Card
      title="What if"
      description="What these requests would have cost at today's prices. History keeps the prices of its day."
      isFlush={isOpen}
      actions={
        <>
          {isOpen && <ModelChoice model={whatIf} onModel={onChange} />}
          <Button size="small" look="quiet" aria-expanded={isOpen} onClick={() => onChange(isOpen ? null : '')}>
            {isOpen ? 'Hide' : 'Show'}
          </Button>
        </>
      }
    >
      {isOpen && <Answer view={view} model={whatIf === '' ? null : whatIf} />}
    </Card>
  );
}

function ModelChoice({ model, onModel }: { model: string; onModel: (model: string) => void }) {
  const list = useCorvusQuery('models.list', undefined, { refreshOn: ['prices.changed'] });
  const priced = (list.data?.models ?? []).filter(({ price }) => price !== null).map(({ slug }) => slug);
  const slugs = model === '' || priced.includes(model) ? priced : [model, ...priced];
  const options = [
    { value: '', label: 'The models that answered' },
    ...slugs.toSorted().map((slug) => ({ value: slug, label: slug })),
  ];
  return <Select aria-label="Another model" className="max-w-64" value={model} options={options} onValue={onModel} />;
}

function Answer({ view: { range, filter }, model }: { view: UsageView; model: string | null }) {
  const answer = useCorvusQuery(
    'usage.what-if',
    { timeZone: viewerTimeZone, range, filter, model },
    { refreshOn: ['prices.changed'], keepPrevious: true, isAskedOnOpening: true },
  );
  if (answer.error) {
    return (
      <div className="p-5 pt-0">
        <Problem error={answer.error} onRetry={() => void answer.refetch()} />
      </div>
    );
  }
  if (!answer.data) return <SkeletonRows rows={3} label="Pricing the usage" />;
  if (answer.data.metered + answer.data.unmetered === 0)
    return <p className="px-5 pb-6 text-center text-sm text-ink-2">Nothing was used in this time.</p>;
  return <Alternatives answer={answer.data} />;
}

const places = {
  'as-sent': 'Where each went',
  prepaid: 'All on prepaid credit',
  byok: 'All with own keys',
} as const;

/** Each alternative beside what the same requests did cost. */
export function Alternatives({ answer }: { answer: Output<'usage.what-if'> }) {
  const { alternatives, unmetered, catalogueVersion, accountVersion } = answer;
  return (
    <>
      <Table label="What if">
        <thead>
          <tr>
            <HeadCell>At today’s prices</HeadCell>
            <HeadCell isNumber>Would cost</HeadCell>
            <HeadCell isNumber>They cost</HeadCell>
            <HeadCell isNumber>Change</HeadCell>
            <HeadCell isNumber>Requests</HeadCell>
            <HeadCell isNumber>Without a price</HeadCell>
          </tr>
        </thead>
        <tbody>
          {alternatives.map((alternative) => (
            <AlternativeRow key={`${alternative.at} ${alternative.model ?? ''}`} alternative={alternative} />
          ))}
        </tbody>
      </Table>
      <p className="px-5 py-3 text-xs text-ink-3">
        {unmetered > 0 &&
          `${plural(unmetered, 'request')} of unknown usage ${unmetered === 1 ? 'is' : 'are'} in no sum. `}
        Token counts stay those of the models that answered; another model counts the same text differently. Prices:
        catalogue {catalogueVersion}, prepaid credit {accountVersion}.
      </p>
    </>
  );
}

function AlternativeRow({ alternative }: { alternative: Alternative }) {
  const { model, at, cost, isAtLeast, priced, notPriced, was, wasUnknown } = alternative;
  return (
    <tr className="hover:bg-hover">
      <Cell className="max-w-72 min-w-44">
        <span className="block font-medium">{places[at]}</span>
        {model !== null && (
          <span className="block truncate font-mono text-xs text-ink-3" title={model}>
            {model}
          </span>
        )}
      </Cell>
      <Cell isNumber className="font-medium">
        <Money amount={cost} />
        {isAtLeast && cost !== null && (
          <span
            className="block text-xs text-ink-3"
            title="The account pays in whole credits: each request is rounded up to one, which a sum of tokens does not show."
          >
            or more
          </span>
        )}
      </Cell>
      <Cell isNumber className="text-ink-2">
        {cost === null ? '–' : <Money amount={was} />}
        {wasUnknown > 0 && <span className="block text-xs text-warn">and {countText(wasUnknown)} unknown</span>}
      </Cell>
      <Cell isNumber className="text-ink-2">
        {changeText(alternative) ?? '–'}
      </Cell>
      <Cell isNumber className="text-ink-2">
        {countText(priced)}
      </Cell>
      <Cell isNumber>
        <span className={notPriced > 0 ? 'text-warn' : 'text-ink-3'}>{countText(notPriced)}</span>
      </Cell>
    </tr>
  );
}

/** "+12 %"; null where there is nothing to compare, or not with all of it. */
export function changeText({ cost, was, wasUnknown }: Pick<Alternative, 'cost' | 'was' | 'wasUnknown'>): string | null {
  const [now, then] = [cost === null ? null : parseUsd(cost), parseUsd(was)];
  if (now === null || !then || wasUnknown > 0) return null;
  const percent = Number(((now - then) * 10_000n) / then) / 100;
  const rounded = Math.abs(percent) < 10 ? percent.toFixed(1) : percent.toFixed(0);
  return `${percent > 0 ? '+' : ''}${rounded.replace('-', '−')} %`;
}
