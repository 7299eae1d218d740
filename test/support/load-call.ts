import type { EndFacts } from '#backend/inference/end-request.ts';
import type { Call } from '#proxy/call.ts';
import type { RequestId } from '#shared/ids.ts';

/** A chat call as the engine passes it on; its content does not matter to the ledger. */
export function loadCall(requestId: RequestId, receivedAtMs = Date.now()): Call {
  return {
    requestId,
    receivedAtMs,
    method: 'POST',
    query: '',
    endpoint: '/v1/chat/completions',
    dialect: 'openai-chat',
    headers: {},
    body: Buffer.from('{}'),
    facts: {
      model: 'corvus/echo',
      isStream: false,
      asksForUsage: false,
      maxOutputTokens: 10,
      choices: 1,
      hasTools: false,
      inputTokenEstimate: 10,
    },
  };
}

/** How such a call ends, where that does not matter. */
export const endFacts: EndFacts = {
  outcome: 'completed',
  httpStatus: 200,
  errorCode: null,
  finishReason: null,
  modelServed: null,
  usage: null,
  usageSource: 'provider',
  unitPrices: null,
  attempts: [],
  upstreamCost: null,
};
