import { upperFirst } from '../upper-first.ts';
import type { LaneOffer, PricedPlace } from './parked-request.ts';

/** Where a request could be answered, in the middle of a sentence. */
export function placeWords({ lane, provider }: Pick<PricedPlace, 'lane' | 'provider'>): string {
  if (lane === 'prepaid') return 'the prepaid account';
  return lane === 'byok' ? `your key at ${provider}` : `${provider} on this machine`;
}

/** The price of both places, as sentences. */
export function offerWords({ here, there }: LaneOffer): string {
  return [here, there].map((place) => `${upperFirst(placeWords(place))}: ${mostWords(place.most)}.`).join(' ');
}

function mostWords(most: string | null): string {
  if (most === null) return 'price not known';
  return most === '0.00' ? 'free' : `at most $${most}`;
}
