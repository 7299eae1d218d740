import type { Call } from '#proxy/call.ts';
import { outboundOf } from '#proxy/upstream/outbound.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { Place } from '../envelopes/size-call.ts';
import { byCost, type ComparedCosts, comparePlaces } from '../estimates/compare-places.ts';
import { placesOf } from '../estimates/estimated-places.ts';
import type { Destination } from './destination.ts';
import { planModel, type RoutePlanFacts } from './plan-route.ts';

/** Another place that serves a call's model, with what the call costs at most at both. */
export interface OtherLane extends ComparedCosts {
  place: Place;
  /** Everything needed to send the call there; null: it cannot be translated for that place. */
  plan(): Promise<readonly [Destination, ...Destination[]] | null>;
}

/** The places that list the model of a call, other than this one; the cheapest first. */
export type FindOtherLanes = (call: Call, caller: LocalKeyCaller, from: Destination) => OtherLane[];

/** References to something stored in one place, which other places do not know. */
const storedThere = [
  'previous_response_id',
  'previous_message_id',
  'conversation',
  'item_reference',
  'file_id',
  'fileUri',
  'cachedContent',
];

export function createOtherLanes(facts: RoutePlanFacts): FindOtherLanes {
  return (call, caller, from) => {
    if (!isMovable(call)) return [];
    const known = { ...facts, providers: facts.providers.forRouting(), account: facts.account.forRouting() };
    const { dialect, facts: read } = call;
    const planned = { model: from.model, route: caller.route };
    return placesOf(known, { dialect, needs: read.needs ?? [] }, planned)
      .filter(({ provider, isListed }) => isListed && provider !== from.provider)
      .map((place) => ({
        place,
        ...comparePlaces(call, from, place),
        plan: () => planThere(facts, call, place),
      }))
      .toSorted(byCost);
  };
}

/** A call whose cost follows from its text, and which does not depend on earlier calls. */
function isMovable({ dialect, body }: Call): boolean {
  return dialect !== 'openai-passthrough' && !storedThere.some((name) => body.includes(`"${name}"`));
}

async function planThere(
  facts: RoutePlanFacts,
  call: Call,
  { lane, provider, model }: Place,
): Promise<readonly [Destination, ...Destination[]] | null> {
  try {
    const route = lane === 'prepaid' ? 'prepaid' : `provider:${provider}`;
    const { first, others } = await planModel(facts, call, { model, route });
    await tryTranslation(call, first);
    return [first, ...others];
  } catch {
    // The refusal of the original place is the one to report.
    return null;
  }
}

/** Throws if its dialect cannot express the call. This must be known before the other lane is offered. */
async function tryTranslation(call: Call, { target }: Destination): Promise<void> {
  if (target.kind !== 'http' || !target.translation) return;
  const { takenBytes } = await outboundOf(call, target);
  call.memory?.give(takenBytes);
}
