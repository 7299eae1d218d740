import type { Call } from '#proxy/call.ts';
import { collectCall } from '#proxy/collect-call.ts';
import type { Engine } from '#proxy/upstream/open-upstream.ts';
import { askHeaders, modelAnswerOf, refusedAnswer, type AskModel, sharedMemory } from '#proxy/modes/model-answer.ts';
import { readFactsInTurns } from '#proxy/request/read-call.ts';
import { writeInTurns } from '#proxy/body/write-in-turns.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { PlannedModel } from '../routing/expand-model.ts';
import type { Destination, GatewayService } from './gateway-service.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';

export interface PartRunnerDeps {
  engine: Engine;
  service: Pick<GatewayService, 'admitAsked'>;
  /** Throws a `CorvusError` when nothing here can serve the model. */
  destinationOf(call: Call, model: PlannedModel): Promise<Destination>;
  newRequestId(): RequestId;
}

export interface PartCaller {
  /** The request that the parts belong to. */
  call: Call;
  caller: LocalKeyCaller;
  signal: AbortSignal;
  /** Called with every part's cost once it is known, or known to be unknown. */
  onCost(cost: NanoUsd | null): void;
}

/** Asks the models of a plan, each in a request of its own, in chat. */
export function modelAsker({ engine, service, destinationOf, newRequestId }: PartRunnerDeps, asking: PartCaller): AskModel<PlannedModel> {
  const { call, caller, signal, onCost } = asking;
  return async (question, planned) => {
    const requestId = newRequestId();
    const receivedAtMs = engine.clock.nowMs();
    const chat = { method: 'POST', endpoint: '/v1/chat/completions', query: '', dialect: 'openai-chat' } as const;
    try {
      const body = await writeInTurns({ ...question, model: planned.model }, call.body.length);
      call.memory?.take(body.length);
      const facts = await readFactsInTurns(chat.dialect, body);
      const part: Call = { ...chat, requestId, receivedAtMs, headers: askHeaders(call), body, facts, ...sharedMemory(call) };
      const admission = await service.admitAsked(part, caller, await destinationOf(part, planned), call.requestId);
      const collected = await collectCall(engine, part, admission, signal);
      onCost(collected.settlement.costNanoUsd);
      return modelAnswerOf(requestId, planned.model, collected);
    } catch (error) {
      return refusedAnswer(requestId, planned.model, toCorvusError(error).message);
    }
  };
}
