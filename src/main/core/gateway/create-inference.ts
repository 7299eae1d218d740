import type { CallService } from '#proxy/call.ts';
import { createAskModel } from '#proxy/modes/ask-model.ts';
import type { AskModel } from '#proxy/modes/model-answer.ts';
import type { Engine } from '#proxy/upstream/engine.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Ports } from '../ports.ts';
import type { PlannedModel } from '../routing/expand-model.ts';
import type { Parking } from '../parking/parking.ts';
import type { RepeatsService } from '../repeats/repeats-service.ts';
import type { RequestStore, Store } from '../store/store.ts';
import type { BodyWatch } from '../requests/body-watch.ts';
import { createPromptCaches } from '../usage/prompt-caches.ts';
import type { Spending } from '../envelopes/spending.ts';
import type { BeginDeps } from './begin-call.ts';
import type { RoutePlan } from './destination.ts';
import { createGatewayService, type RefusalNotes } from './gateway-service.ts';
import { followAnswer } from './continued-answers.ts';
import { createOtherLanes } from './other-lanes.ts';
import type { KeyLimits } from '../keys/key-limits.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import { createToolSlots } from './tool-slots.ts';
import { createAttributionLines } from './attribution-line.ts';
import { createTurnArchive } from './turn-archive.ts';
import { createTurnMemory } from './turn-memory.ts';
import { createRepeatWatch } from './watch-repeats.ts';
import { type PartCaller, planModel, planRoute, type RoutePlanFacts } from './plan-route.ts';

export interface InferenceDeps {
  ports: Pick<Ports, 'clock' | 'notify' | 'secrets' | 'logger'>;
  /** The facts that routes are planned with. */
  facts: Pick<
    RoutePlanFacts,
    'prices' | 'placePrices' | 'routing' | 'providers' | 'account' | 'selector' | 'firstByteTimeouts'
  >;
  keys: Pick<LocalKeyRing, 'find' | 'current'>;
  limits: KeyLimits;
  spending: Pick<Spending, 'reserve' | 'pays' | 'move'>;
  parking: Parking;
  requests: RequestStore;
  /** Collects bodies of calls, if the settings say so. */
  bodies: BodyWatch;
  repeats: Pick<RepeatsService, 'breaker' | 'answered' | 'loops'>;
  turnStates: Store['turnStates'];
  settings(): Pick<Settings, 'keepReasoning'>;
  refusals: RefusalNotes;
  engine: Engine;
  newRequestId(): RequestId;
}

/** The gateway's side of a call: who may ask, where it goes, what it cost. */
export function createInference({
  ports,
  facts,
  keys,
  limits,
  spending,
  parking,
  requests,
  bodies,
  repeats,
  turnStates,
  settings,
  refusals,
  engine,
  newRequestId,
}: InferenceDeps): CallService<LocalKeyCaller> {
  const { nowMs } = ports.clock;
  const archive = createTurnArchive({ ...ports, states: turnStates, nowMs, isOn: () => settings().keepReasoning });
  const known: RoutePlanFacts = { ...facts, turnMemory: createTurnMemory(archive), nowMs, askModel };
  const service = createGatewayService({
    keys,
    slots: createToolSlots(ports.clock),
    planRoute: createRoutePlanner(known, requests),
    otherLanes: createOtherLanes(known),
    limits,
    spending,
    parking,
    requests: bodies.recording(requests),
    repeats: createRepeatWatch(repeats, nowMs),
    promptCaches: createPromptCaches(),
    refusals,
    askLeave,
  });

  function askModel({ call, caller, signal, onCost }: PartCaller): AskModel<PlannedModel> {
    return createAskModel<PlannedModel>(
      {
        engine,
        newRequestId,
        admit: async (part, model) => {
          const { first, others } = await planModel(known, part, model);
          return service.admitPart(
            { call: part, places: [first, ...others], parent: call, clientGone: signal },
            caller,
          );
        },
        onAnswer: ({ settlement }) => onCost(settlement.costNanoUsd),
      },
      call,
      signal,
    );
  }

  function askLeave({ first, plan }: RoutePlan): void {
    const body = `The plan ${plan} stopped there. Under Plans, let it ask the next model.`;
    ports.notify.show({ title: `${first.provider} has no money left`, body });
  }

  return {
    ...service,
    watch: (call, response) => bodies.watch(call, response),
    refused(refusal, caller) {
      service.refused?.(refusal, caller);
      bodies.forget(refusal.requestId);
    },
  };
}

/** Plans routes, and adds hints about the attribution line of a call. */
function createRoutePlanner(known: RoutePlanFacts, requests: Pick<RequestStore, 'answer'>): BeginDeps['planRoute'] {
  const lines = createAttributionLines(known.nowMs);
  const answers = { providers: known.providers, requests };
  return async (call, caller) => {
    if (lines.see(call, caller)) call.hints = [...(call.hints ?? []), 'attribution-line'];
    return followAnswer(answers, call, caller, await planRoute(known, call, caller));
  };
}
