import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import type { Answer } from './ask.ts';
import type { Fault } from './adapter.ts';
import { adapterFor } from './registry.ts';

/** Some say with 400 or 403 that a key is wrong, and with 429, 403 or 400 that the money is gone: then the words tell. */
const wrongKeyWords = /invalid[ _]api[ _]key|api[ _]?key[^.]{0,40}(not valid|invalid|incorrect|not found|expired)|incorrect api key/i;

/** What an answer says of key and money; null when it says nothing of them. */
export function faultOf(kind: string, { status, text }: Pick<Answer, 'status' | 'text'>): Fault | null {
  const special = adapterFor(kind)?.faultOf?.(status, text) ?? null;
  if (special !== null) return special;
  if (status < 400 || status >= 500) return null;
  if (status === 402 || saysOutOfMoney(text)) return 'no-credit';
  if (status === 401 || wrongKeyWords.test(text)) return 'wrong-key';
  if (status === 429) return 'rate-limit';
  return status === 403 ? 'not-allowed' : null;
}
