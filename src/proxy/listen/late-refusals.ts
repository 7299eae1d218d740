import { eachInTurn } from '../turns/flow.ts';

/**
 * Refuses connections that are too slow, beyond the time of a turn in later turns: Node finds all of them at once, and
 * an answer to each of a thousand holds up everyone else.
 * @returns takes over one refusal
 */
export function createLateRefusals(): (refuse: () => void) => void {
  let waiting: (() => void)[] = [];
  return (refuse) => {
    if (waiting.push(refuse) > 1) return;
    setImmediate(() => {
      const all = waiting;
      waiting = [];
      void eachInTurn('', all, (refuseOne) => refuseOne());
    });
  };
}
