import { placeWords } from '#shared/account/offer-words.ts';
import type { LaneOffer, ParkedRequest, PricedPlace } from '#shared/account/parked-request.ts';
import { type NanoUsd, parseUsd, sumUsd } from '#shared/money.ts';
import { shortUsd } from '../lib/format-money.ts';
import { useCorvusCommand } from '../lib/query.ts';
import { Button } from './button.tsx';
import { InlineProblem } from './problem.tsx';

/** What requests that wait would cost at most where they wait, and where they could go. */
export function OfferPrices({ requests }: { requests: readonly ParkedRequest[] }) {
  return byPlace(requests).map((offers) => (
    <p key={keyOf(offers[0].offer)} className="wrap-anywhere">
      {offers.length < requests.length ? `${offers.length} of them: here` : 'Here'}, with{' '}
      {placeWords(offers[0].offer.here)}: {mostText(offers.map(({ offer }) => offer.here))}. With{' '}
      {placeWords(offers[0].offer.there)}: {mostText(offers.map(({ offer }) => offer.there))}.
    </p>
  ));
}

/** Sends all of them to the places that they were offered. */
export function SendThereButton({ requests }: { requests: readonly ParkedRequest[] }) {
  const send = useCorvusCommand('parked.switch');
  const offered = requests.filter(({ offer }) => offer !== null);
  const [first] = offered;
  if (!first) return null;
  return (
    <span className="flex max-w-64 flex-col items-end gap-1">
      <Button
        size="small"
        isBusy={send.isPending}
        aria-label={offered.length === 1 ? `Send it there: the request of ${first.localKeyLabel}` : undefined}
        onClick={() => {
          for (const { requestId } of offered) send.mutate({ id: requestId });
        }}
      >
        {offered.length === 1 ? 'Send it there' : `Send ${offered.length} there`}
      </Button>
      <InlineProblem error={send.error} />
    </span>
  );
}

interface Offered extends ParkedRequest {
  offer: LaneOffer;
}

function byPlace(requests: readonly ParkedRequest[]): [Offered, ...Offered[]][] {
  const offered = requests.flatMap((request) => (request.offer ? [{ ...request, offer: request.offer }] : []));
  return [...Map.groupBy(offered, ({ offer }) => keyOf(offer)).values()].flatMap(([first, ...others]) =>
    first ? [[first, ...others]] : [],
  );
}

function keyOf({ here, there }: LaneOffer): string {
  return `${here.provider} ${there.provider}`;
}

function mostText(places: readonly PricedPlace[]): string {
  const amounts = places.flatMap(({ most }) => (most === null ? [] : (parseUsd(most) ?? [])));
  if (amounts.length < places.length) return 'price not known';
  const sum: NanoUsd = sumUsd(amounts);
  return sum === 0n ? 'free' : `at most ${shortUsd(sum)}`;
}
