import { createHash } from 'node:crypto';
import type { Call } from '#proxy/call.ts';
import { nextTurn, workedOnAtOnceUpToBytes } from '#proxy/turns/in-turns.ts';
import { changingValue } from './attribution-line.ts';

/**
 * Headers that can change what becomes of a request: those of providers, and of gateways behind which they may stand.
 */
const meant = /^(anthropic|openai|helicone|cf-aig|x-portkey|x-litellm|x-goog|x-bf)-|^x-corvus-max-cost-usd$/;
/** Those that clients write again for each request. */
const changing = /(trace|span|request|call|correlation)-?id$|idempotency|timestamp/;

/**
 * What makes two requests of one key the same: the body, but for a value in it that changes with every request, and the
 * headers that a provider reads. A large body is read in several turns of the event loop.
 */
export async function digestOf(call: Call): Promise<string> {
  const { body, headers } = call;
  const value = changingValue(call);
  const hash = createHash('sha256').update(
    JSON.stringify(Object.entries(headers).filter(([name]) => meant.test(name) && !changing.test(name))),
  );
  for (const part of value ? [body.subarray(0, value.start), body.subarray(value.end)] : [body]) {
    for (let start = 0; start < part.length; start += workedOnAtOnceUpToBytes) {
      if (start > 0) await nextTurn();
      hash.update(part.subarray(start, start + workedOnAtOnceUpToBytes));
    }
  }
  return hash.digest('base64');
}
