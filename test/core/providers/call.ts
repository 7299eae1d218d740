import type { Call } from '#proxy/call.ts';
import { loadCall } from '../../support/load-call.ts';
import { requestId } from '../../support/store-fixture.ts';

/** A chat call, or another one where `parts` say so. */
export function call(parts: Partial<Call> = {}): Call {
  const chat = loadCall(requestId(), 0);
  const facts = { ...chat.facts, model: 'm', isStream: true, maxOutputTokens: null, inputTokenEstimate: 1 };
  return { ...chat, facts, ...parts };
}
