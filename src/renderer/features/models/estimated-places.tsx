import type { Estimate } from '#shared/contract/estimates.ts';
import { Badge } from '../../components/badge.tsx';
import { LaneLabel } from '../../components/lane-label.tsx';
import { Money } from '../../components/money.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';

type Place = Estimate['places'][number];
type Range = { low: string; high: string } | null;

/** The same call at every place that could answer it. */
export function EstimatedPlaces({ places }: { places: readonly Place[] }) {
  return (
    <Table label="What it would cost">
      <thead>
        <tr>
          <HeadCell>Place</HeadCell>
          <HeadCell>Lane</HeadCell>
          <HeadCell isNumber>Input</HeadCell>
          <HeadCell isNumber>Input, if cached</HeadCell>
          <HeadCell isNumber>With the answer</HeadCell>
          <HeadCell isNumber>The same, if cached</HeadCell>
          <HeadCell isNumber>At most</HeadCell>
        </tr>
      </thead>
      <tbody>
        {places.map((place) => (
          <PlaceRow key={`${place.provider} ${place.model}`} place={place} />
        ))}
      </tbody>
    </Table>
  );
}

function PlaceRow({ place: { provider, lane, model, isNext, isListed, cost } }: { place: Place }) {
  return (
    <tr className="hover:bg-hover">
      <Cell className="max-w-64 min-w-40">
        <span className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium" title={provider}>
            {provider}
          </span>
          {isNext && <Badge tone="good">first</Badge>}
        </span>
        <span className="block truncate font-mono text-xs text-ink-3" title={model}>
          {model}
        </span>
      </Cell>
      <Cell className="whitespace-nowrap">
        {lane === null ? <span className="text-ink-3">Not set up</span> : <LaneLabel lane={lane} />}
        {lane !== null && !isListed && <span className="block text-xs text-ink-3">not in its list</span>}
      </Cell>
      <Cell isNumber>
        <Money amount={cost?.input ?? null} />
      </Cell>
      <Cell isNumber>{cost?.cachedInput == null ? <Nothing /> : <Money amount={cost.cachedInput} />}</Cell>
      <Cell isNumber className="font-medium">
        {cost ? <RangeText range={cost.cold} /> : <Money amount={null} />}
      </Cell>
      <Cell isNumber>
        <RangeText range={cost?.warm ?? null} />
      </Cell>
      <Cell isNumber className="text-ink-2">
        <Money amount={cost?.most ?? null} />
      </Cell>
    </tr>
  );
}

function RangeText({ range }: { range: Range }) {
  if (range === null) return <Nothing />;
  if (range.low === range.high) return <Money amount={range.low} />;
  return (
    <span className="whitespace-nowrap">
      <Money amount={range.low} /> – <Money amount={range.high} />
    </span>
  );
}

function Nothing() {
  return <span className="text-ink-3">–</span>;
}
