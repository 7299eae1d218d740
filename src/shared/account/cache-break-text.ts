import { minuteMs } from '../time.ts';
import type { CacheBreak } from './cache-breaks.ts';

/** The likely cause, and what there is to do about it. */
export function cacheBreakText({ cause, at, afterMs }: CacheBreak): { cause: string; advice: string } {
  switch (cause) {
    case 'model':
      return {
        cause: 'Another model answered the turn before.',
        advice: 'Each model has a cache of its own: stay with one for a session.',
      };
    case 'provider':
      return { cause: 'Another provider answered the turn before.', advice: 'Each has a cache of its own.' };
    case 'expired':
      return {
        cause: `The turn before was ${Math.round(afterMs / minuteMs)} minutes earlier.`,
        advice: 'A cache lives five minutes after its last use, or an hour where the request asks for that.',
      };
    case 'tools':
      return {
        cause: `The tools differ, first at number ${at}.`,
        advice: 'Keep the definitions the same while a session lasts: they stand before everything else.',
      };
    case 'tool-order':
      return {
        cause: `The tools came in another order, from number ${at} on.`,
        advice: 'Sort them, so that each turn begins with the same.',
      };
    case 'system':
      return {
        cause: `The system prompt differs, first in line ${at}.`,
        advice: 'Put what changes, such as a time, behind what stays the same.',
      };
    case 'cut':
      return {
        cause: 'The conversation no longer has its beginning.',
        advice: 'Leave out old turns seldom and many at once: each time everything after them is paid again.',
      };
    case 'message':
      return {
        cause: `The conversation differs, first at message ${at}.`,
        advice: 'Add to a conversation instead of changing what was sent.',
      };
    case 'unknown':
      return {
        cause: 'Nothing differs from the turn before.',
        advice: 'The provider did not keep the prompt, or sent the turn to a machine that does not have it.',
      };
  }
}
