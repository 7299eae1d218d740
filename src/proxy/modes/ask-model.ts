import { toCorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Admission, Call } from '../call.ts';
import { writeInTurns } from '../body/write-in-turns.ts';
import { type Collected, collectCall } from '../collect-call.ts';
import { readFactsInTurns } from '../request/read-call.ts';
import type { Engine } from '../upstream/engine.ts';
import {
  askHeaders,
  type AskModel,
  type Candidate,
  modelAnswerOf,
  refusedAnswer,
  sharedMemory,
} from './model-answer.ts';

export interface AskModelDeps<C extends Candidate> {
  engine: Engine;
  newRequestId(): RequestId;
  /** Where one model is served, and who settles it. Throws a `CorvusError` when nothing can serve it. */
  admit(part: Call, candidate: C): Promise<Admission>;
  /** Called with every answer once it is settled. */
  onAnswer?(answer: Collected): void;
}

/** Asks the models of a plan, each in a request of its own, in chat. @param call the request that they belong to */
export function createAskModel<C extends Candidate>(
  deps: AskModelDeps<C>,
  call: Call,
  signal: AbortSignal,
): AskModel<C> {
  const { engine, newRequestId, admit, onAnswer } = deps;
  const chat = { method: 'POST', endpoint: '/v1/chat/completions', query: '', dialect: 'openai-chat' } as const;
  return async (question, candidate) => {
    const { model } = candidate;
    const requestId = newRequestId();
    const receivedAtMs = engine.clock.nowMs();
    try {
      const body = await writeInTurns({ ...question, model }, call.body.length);
      call.memory?.take(body.length);
      const facts = await readFactsInTurns(chat.dialect, body);
      const part: Call = {
        ...chat,
        requestId,
        receivedAtMs,
        headers: askHeaders(call),
        body,
        facts,
        ...sharedMemory(call),
      };
      const collected = await collectCall(engine, part, await admit(part, candidate), signal);
      onAnswer?.(collected);
      return modelAnswerOf(requestId, model, collected);
    } catch (error) {
      return refusedAnswer(requestId, model, toCorvusError(error).message);
    }
  };
}
