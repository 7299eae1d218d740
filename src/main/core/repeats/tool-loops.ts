import { hash } from 'node:crypto';
import type { JsonSpan } from '#proxy/body/embedded-media.ts';
import type { Call } from '#proxy/call.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { ToolLoop } from '#shared/domain/tool-loop.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Emit } from '../emit.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { Notify } from '../ports.ts';
import { createThrottle } from '../throttle.ts';
import { tailItems } from './tail-items.ts';
import { endingCycle, mayCycle, toolTurns } from './tool-turns.ts';

/** Less often is no loop: an agent may look twice, or wait for something. */
const leastTimes = 5;
const mostLoops = 100;
const shownForMs = 3_600_000;
/** Enough for the turns of two cycles where no turn has several parts. */
const fewItems = 12;
const feedMs = 500;
const idCharacters = 16;
/** Shorter conversations have no five turns with a tool. */
const leastBytes = 400;

export interface ToolLoops {
  handlers: Pick<Handlers, 'loops.list' | 'loops.let-through'>;
  /**
   * Looks at the end of a call's conversation. Throws `tool_loop` where its key has loops stopped; else it looks after
   * the call has gone on.
   */
  check(call: Call, caller: LocalKeyCaller): void;
  stop(): void;
}

export interface ToolLoopsDeps {
  clock: Clock;
  notify: Notify;
  emit: Emit;
}

/** Sees agents that call a tool again and again with the same result. Of a conversation only digests are kept. */
export function createToolLoops({ clock, notify, emit }: ToolLoopsDeps): ToolLoops {
  /** The least recently seen first. */
  const loops = new Map<string, ToolLoop>();
  const feed = createThrottle(clock, feedMs, () => emit('loops.changed', { loops: list() }));

  function list(): ToolLoop[] {
    const sinceMs = clock.nowMs() - shownForMs;
    return [...loops.values()].filter(({ lastAtMs }) => lastAtMs >= sinceMs).toReversed();
  }

  function look({ facts, body, requestId }: Call, { id: localKeyId, label, limits }: LocalKeyCaller): ToolLoop | null {
    const cycle = facts.history ? cycleAt(body, facts.history) : null;
    if (!cycle) return null;
    const digests = cycle.turns.map(({ digest }) => digest).toSorted();
    const id = hash('sha256', JSON.stringify([localKeyId, digests])).slice(0, idCharacters);
    const known = loops.get(id);
    const now = clock.nowMs();
    const loop: ToolLoop = {
      id,
      localKeyId,
      localKeyLabel: label,
      tools: [...new Set(cycle.turns.map(({ tool }) => tool))],
      times: cycle.times,
      requestId,
      firstAtMs: known?.firstAtMs ?? now,
      lastAtMs: now,
      state: known?.state === 'let-through' ? 'let-through' : limits.stopsLoops ? 'stopped' : 'shown',
    };
    keep(loop);
    if (!known) notify.show(notificationOf(loop));
    return loop;
  }

  function keep(loop: ToolLoop): void {
    loops.delete(loop.id);
    loops.set(loop.id, loop);
    const [oldest] = loops.keys();
    if (loops.size > mostLoops && oldest !== undefined) loops.delete(oldest);
    feed.ask();
  }

  return {
    handlers: {
      'loops.list': async () => list(),
      async 'loops.let-through'({ id }) {
        const loop = loops.get(id);
        if (loop) keep({ ...loop, state: 'let-through' });
        return { isKnown: loop !== undefined };
      },
    },
    check(call, caller) {
      if (!call.facts.hasTools || call.body.length < leastBytes) return;
      // What only is shown delays no call.
      if (!caller.limits.stopsLoops) return void clock.after(0, () => look(call, caller));
      const loop = look(call, caller);
      if (loop?.state === 'stopped') throw loopError(loop);
    },
    stop: feed.stop,
  };
}

/** Most conversations show in their last few turns that they are in no cycle. */
function cycleAt(body: Buffer, history: JsonSpan): ReturnType<typeof endingCycle> {
  if (!mayCycle(toolTurns(tailItems(body, history, fewItems)))) return null;
  return endingCycle(toolTurns(tailItems(body, history)), leastTimes);
}

function loopWords({ tools, times }: ToolLoop): string {
  return `${tools.join(', ')}: the same ${tools.length === 1 ? 'call' : 'calls'} with the same result, ${times} times in a row`;
}

function notificationOf(loop: ToolLoop): { title: string; body: string } {
  const what =
    loop.state === 'stopped'
      ? 'It is stopped; let it through under Requests.'
      : 'It goes on. Loops can be stopped in the limits of its key.';
  return { title: `${loop.localKeyLabel} runs in a loop`, body: `${loopWords(loop)}. ${what}` };
}

function loopError(loop: ToolLoop): CorvusError {
  const advice = `Let it through under Requests, or with "corvusllm loops let-through ${loop.id}".`;
  return new CorvusError('tool_loop', `The conversation runs in a loop. ${loopWords(loop)}. ${advice}`, {
    body: { loop: loop.id, times: loop.times },
  });
}
