import type {
  Admission,
  Call,
  CallService,
  NamedAnswer,
  Outcome,
  RefusedCall,
  Settlement,
  Target,
} from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import type { GrantedPlace } from '../envelopes/grant.ts';
import type { Spending } from '../envelopes/spending.ts';
import { attributionOf } from '../requests/attribution.ts';
import type { RefusedRequest } from '../store/requests/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import type { Parking, Shortage } from '../parking/parking.ts';
import { type BeginDeps, type Begun, createBeginnings, switchedRow } from './begin-call.ts';
import { type Destination, laneHeaders, type RoutePlan } from './destination.ts';
import { shortageThere, stayOf } from './park-call.ts';
import { answeredBy, settle, storedId } from './settle-call.ts';
import { createShortCall, type ShortCall, type ShortCallDeps, type Switched } from './short-call.ts';
import type { ToolSlots } from './tool-slots.ts';
import type { RepeatWatch } from './watch-repeats.ts';

/** Counts refused calls that get no row: any web page could fill the disk with calls without a valid key. */
export interface RefusalNotes {
  note(call: Pick<RefusedCall, 'receivedAtMs' | 'endpoint' | 'userAgent' | 'httpStatus' | 'errorCode'>): void;
}

export interface GatewayServiceDeps extends BeginDeps, ShortCallDeps {
  keys: Pick<LocalKeyRing, 'find' | 'current'>;
  slots: ToolSlots;
  spending: Pick<Spending, 'reserve' | 'pays' | 'move'>;
  /** Where requests wait for money. */
  parking: Parking;
  requests: Pick<RequestStore, 'begin' | 'switched' | 'named' | 'finish' | 'refused'>;
  repeats: RepeatWatch;
  /** Calls without a valid key. */
  refusals: RefusalNotes;
  /** Notifies the person that a plan stopped at an empty account and could go on. */
  askLeave(routePlan: RoutePlan): void;
}

/** A part of another request. */
export interface AskedPart {
  call: Call;
  /** Where it may be answered, the best first. */
  places: readonly [Destination, ...Destination[]];
  parent: Call;
  clientGone: AbortSignal;
}

export interface GatewayService extends CallService<LocalKeyCaller> {
  /** Admits a part of another request, to one model: with its own row, and without counting against the key again. */
  admitPart(asked: AskedPart, caller: LocalKeyCaller): Promise<Admission>;
}

/** What the desktop gateway adds to the engine: local keys, envelopes, lanes, a row for every call. */
export function createGatewayService(deps: GatewayServiceDeps): GatewayService {
  const { keys, slots, requests, repeats, refusals } = deps;
  const { begin, enter, end } = createBeginnings(deps);
  const admissionDeps: AdmissionDeps = { ...deps, forget: end };

  return {
    authenticate: (secret) => keys.find(secret),
    shareOf: ({ id }) => id,
    enter: (caller, clientGone) => slots.enter(caller, clientGone),
    async admit(call, found, clientGone, keepAlive): Promise<Admission> {
      // Reading its body and waiting for a slot took time, so the key is checked again.
      const caller = keys.current(found);
      await repeats.check(call, caller);
      const short = createShortCall(deps, call, caller, stayOf(deps.parking, call, caller, clientGone, keepAlive));
      // What was let through above is told how it ended, whatever refuses it here.
      const begun = await enter(call, caller, { clientGone, short }).catch(async (error: unknown) => {
        short.end();
        throw await repeats.refused(call, caller, error);
      });
      return new AdmittedCall(admissionDeps, call, caller, short, begun);
    },
    async admitPart({ call, places, parent, clientGone }, caller) {
      const found = { places, staysAtFirst: false, plan: null, parent };
      const { grant } = await begin(call, caller, found, { clientGone, short: null });
      return {
        targets: grant.places.map(limitedTarget),
        replyHeaders: {},
        settle: async (outcome) => settle(call, grant, outcome, requests, null),
      };
    },
    refused(refusal, caller) {
      if (refusal.repeatOf !== undefined) return;
      if (caller) requests.refused(refusedRow(refusal, caller));
      else refusals.note(refusal);
    },
  };
}

interface AdmissionDeps extends Pick<GatewayServiceDeps, 'keys' | 'requests' | 'repeats' | 'askLeave'> {
  forget(call: Call): void;
}

/** An admitted call. It may be sent to another lane before it is answered: then its money and its targets are others. */
class AdmittedCall implements Admission {
  readonly #deps: AdmissionDeps;
  readonly #call: Call;
  readonly #caller: LocalKeyCaller;
  readonly #short: ShortCall;
  readonly #begun: Begun;
  #grant: Begun['grant'];
  #switched: Switched | null;

  constructor(deps: AdmissionDeps, call: Call, caller: LocalKeyCaller, short: ShortCall, begun: Begun) {
    this.#deps = deps;
    this.#call = call;
    this.#caller = caller;
    this.#short = short;
    this.#begun = begun;
    this.#grant = begun.grant;
    this.#switched = begun.switched;
  }

  get targets(): readonly Target[] {
    return this.#grant.places.map(limitedTarget);
  }

  get staysOnBillingError(): boolean {
    return this.#begun.routePlan.staysOnBillingError;
  }

  get replyHeaders(): Record<string, string> {
    // Who answers is not known while it may still go elsewhere.
    return this.#short.isOffered ? {} : placeHeaders(this.#firstPlace(), this.#switched);
  }

  // A stream ends once the key that started it is revoked or has expired.
  cover(outputTokens: number, servedBy: number): boolean | Promise<boolean> {
    this.#deps.keys.current(this.#caller);
    return this.#grant.covers(servedBy, outputTokens) || Promise.reject(spentError());
  }

  named({ servedBy, answerId: id, attempts }: NamedAnswer): void {
    const place = this.#grant.places[servedBy]?.place;
    const answerId = place ? storedId(this.#call, place, id) : null;
    if (!place?.lane || answerId === null) return;
    const { lane, provider } = place;
    this.#deps.requests.named({ id: this.#call.requestId, answerId, lane, provider, attempts });
  }

  resume(outcome: Outcome): Promise<boolean> | null {
    const place = answeredBy(this.#grant.places, outcome)?.place;
    const shortage = place && this.#short.hasWays ? shortageThere(outcome, place) : null;
    return shortage && this.#isResumed(shortage);
  }

  async settle(outcome: Outcome): Promise<Settlement> {
    const { requests, repeats, askLeave, forget } = this.#deps;
    const { entry, routePlan, prompt } = this.#begun;
    entry.leave(outcome);
    this.#short.end();
    forget(this.#call);
    if (routePlan.asksAfterBillingError && hasBillingRefusal(outcome)) askLeave(routePlan);
    try {
      return settle(this.#call, this.#grant, outcome, requests, prompt && (await prompt));
    } finally {
      const place = answeredBy(this.#grant.places, outcome)?.place ?? routePlan.first;
      // Known before the client is told: it may send the same again at once.
      await repeats.ended(this.#call, this.#caller, outcome, place);
    }
  }

  /** True: it may be sent again. */
  async #isResumed(shortage: Shortage): Promise<boolean> {
    const { request, routePlan } = this.#begun;
    const from = routePlan.plan === null ? routePlan.first : null;
    const way = await this.#short.wayOut({ request, from, shortage, held: this.#grant });
    if (way === 'again' || way === 'refuse') return way === 'again';
    this.#grant = way.grant;
    this.#switched = way.switched;
    this.#deps.requests.switched(switchedRow(this.#call, this.#firstPlace(), way.grant.holds, way.switched));
    return true;
  }

  #firstPlace(): Destination {
    return this.#grant.places[0]?.place ?? this.#begun.routePlan.first;
  }
}

function placeHeaders(place: Destination, switched: Switched | null): Record<string, string> {
  const lane = laneHeaders(place);
  return switched ? { ...lane, 'x-corvus-switched-from': switched.from, 'x-corvus-switched-by': switched.by } : lane;
}

function hasBillingRefusal({ attempts }: Outcome): boolean {
  return attempts.at(-1)?.errorCode === 'upstream_out_of_credit';
}

/** The target with the output limit that money allows, and a word about it for the client. */
function limitedTarget({ place: { target }, outputLimit, limitedBy }: GrantedPlace<Destination>): Target {
  if (outputLimit === null || target.kind !== 'http') return target;
  const told = {
    'x-corvus-output-limit': String(outputLimit),
    ...(limitedBy === null ? {} : { 'x-corvus-limited-by': limitedBy }),
  };
  return { ...target, outputLimit, replyHeaders: { ...target.replyHeaders, ...told } };
}

function spentError(): CorvusError {
  return new CorvusError(
    'insufficient_credits',
    'The answer was ended: it reached what its envelopes, or the ceiling of its request, allow.',
    {
      status: 402,
      body: { reason: 'envelope' },
    },
  );
}

function refusedRow(refused: RefusedCall, caller: LocalKeyCaller): RefusedRequest {
  const { requestId, receivedAtMs, model, headers, facts, ...refusal } = refused;
  return {
    ...refusal,
    ...attributionOf({ headers, facts: facts ?? {} }, caller.label),
    id: requestId,
    createdAtMs: receivedAtMs,
    localKeyId: caller.id,
    localKeyLabel: caller.label,
    modelRequested: model,
  };
}
