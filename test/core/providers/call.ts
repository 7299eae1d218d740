import type { Call } from '#proxy/call.ts';
import { requestId } from '../../support/store-fixture.ts';

/** A chat call, or another one where `parts` say so. */
export function call(parts: Partial<Call> = {}): Call {
  return {
    requestId: requestId(),
    receivedAtMs: 0,
    method: 'POST',
    query: '',
    endpoint: '/v1/chat/completions',
    dialect: 'openai-chat',
    headers: {},
    body: Buffer.from('{}'),
    facts: {
      model: 'm',
      isStream: true,
      asksForUsage: false,
      maxOutputTokens: null,
      choices: 1,
      hasTools: false,
      inputTokenEstimate: 1,
    },
    ...parts,
  };
}
