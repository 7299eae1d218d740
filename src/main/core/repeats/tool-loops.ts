import { hash } from 'node:crypto';
import type { Call } from '#proxy/call.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { ToolLoop } from '#shared/domain/tool-loop.ts';
import { CorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import { usdText } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { hourMs } from '#shared/time.ts';
import type { Emit } from '../emit.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { Notify } from '../ports.ts';
import { createThrottle } from '../throttle.ts';
import type { SteepSpend } from './steep-spend.ts';
import { tailItems } from './tail-items.ts';
import { endingCycle, mayCycle, toolTurns } from './tool-turns.ts';
import type { JsonSpan } from '#proxy/body/json-span.ts';

/** Fewer repetitions are not a loop: an agent may look twice, or wait for something. */
const leastTimes = 5;
const mostLoops = 100;
const shownForMs = hourMs;
/** Enough for the turns of two cycles where no turn has several parts. */
const fewItems = 12;
const feedMs = 500;
const idCharacters = 16;
/** Shorter conversations have no five turns with a tool. */
const leastBytes = 400;

export interface ToolLoops {
  handlers: Pick<Handlers, 'loops.list' | 'loops.let-through'>;
  /**
   * Examines the end of a call's conversation. Throws `tool_loop` if its key has loops stopped; otherwise it examines
   * the call after it was sent.
   */
  check(call: Call, caller: LocalKeyCaller): void;
  stop(): void;
}

export interface ToolLoopsDeps {
  clock: Clock;
  notify: Notify;
  emit: Emit;
  steepSpend: Pick<SteepSpend, 'of'>;
}

/**
 * Sees agents that call a tool again and again with the same result, and keys that spend far above their own past. Of a
 * conversation only digests are kept.
 */
export function createToolLoops({ steepSpend, ...deps }: ToolLoopsDeps): ToolLoops {
  const { clock } = deps;
  const seen = createSeenLoops(deps);

  function look({ facts, body, requestId }: Call, caller: Sender): ToolLoop | null {
    const cycle = facts.history ? cycleAt(body, facts.history) : null;
    if (!cycle) return null;
    const digests = cycle.turns.map(({ digest }) => digest).toSorted();
    const id = hash('sha256', JSON.stringify([caller.id, digests])).slice(0, idCharacters);
    return seen.see({
      ...seen.from(id, caller, requestId),
      kind: 'same-result',
      tools: [...new Set(cycle.turns.map(({ tool }) => tool))],
      times: cycle.times,
    });
  }

  function lookAtSpend({ requestId }: Call, caller: Sender): ToolLoop | null {
    const steep = steepSpend.of(caller.id);
    if (!steep) return null;
    const { startMs, spent, usual } = steep;
    const common = seen.from(`${caller.id}-${startMs}`, caller, requestId);
    return seen.see({ ...common, kind: 'steep-spend', sinceMs: startMs, spent: usdText(spent), usual: usdText(usual) });
  }

  return {
    handlers: seen.handlers,
    check(call, caller) {
      const spending = lookAtSpend(call, caller);
      if (spending?.state === 'stopped') throw loopError(spending);
      if (!call.facts.hasTools || call.body.length < leastBytes) return;
      // If loops are only shown, the check must not delay the call.
      if (!caller.limits.stopsLoops) return void clock.after(0, () => look(call, caller));
      const loop = look(call, caller);
      if (loop?.state === 'stopped') throw loopError(loop);
    },
    stop: seen.stop,
  };
}

/** The loops of the last hour; the person is notified once of each. */
function createSeenLoops({ clock, notify, emit }: Omit<ToolLoopsDeps, 'steepSpend'>) {
  /** The least recently seen first. */
  const loops = new Map<string, ToolLoop>();
  const feed = createThrottle(clock, feedMs, () => emit('loops.changed', { loops: list() }));

  function list(): ToolLoop[] {
    const sinceMs = clock.nowMs() - shownForMs;
    return [...loops.values()].filter(({ lastAtMs }) => lastAtMs >= sinceMs).toReversed();
  }

  function keep(loop: ToolLoop): void {
    loops.delete(loop.id);
    loops.set(loop.id, loop);
    const [oldest] = loops.keys();
    if (loops.size > mostLoops && oldest !== undefined) loops.delete(oldest);
    feed.ask();
  }

  function stateOf(id: string, { stopsLoops }: LocalKeyCaller['limits']): ToolLoop['state'] {
    if (loops.get(id)?.state === 'let-through') return 'let-through';
    return stopsLoops ? 'stopped' : 'shown';
  }

  return {
    handlers: {
      'loops.list': async () => list(),
      async 'loops.let-through'({ id }: { id: string }) {
        const loop = loops.get(id);
        if (loop) keep({ ...loop, state: 'let-through' });
        return { isKnown: loop !== undefined };
      },
    },
    /** The loop with this id, seen once more. */
    from(id: string, { id: localKeyId, label: localKeyLabel, limits }: Sender, requestId: RequestId) {
      const lastAtMs = clock.nowMs();
      const firstAtMs = loops.get(id)?.firstAtMs ?? lastAtMs;
      return { id, localKeyId, localKeyLabel, requestId, firstAtMs, lastAtMs, state: stateOf(id, limits) };
    },
    see(loop: ToolLoop): ToolLoop {
      const isNew = !loops.has(loop.id);
      keep(loop);
      if (isNew) notify.show(notificationOf(loop));
      return loop;
    },
    stop: feed.stop,
  };
}

type Sender = Pick<LocalKeyCaller, 'id' | 'label' | 'limits'>;

/** Most conversations show in their last few turns that they are in no cycle. */
function cycleAt(body: Buffer, history: JsonSpan): ReturnType<typeof endingCycle> {
  if (!mayCycle(toolTurns(tailItems(body, history, fewItems)))) return null;
  return endingCycle(toolTurns(tailItems(body, history)), leastTimes);
}

function loopWords(loop: ToolLoop): string {
  if (loop.kind === 'steep-spend')
    return `$${loop.spent} within a quarter of an hour, where nine of ten cost $${loop.usual} at most`;
  const { tools, times } = loop;
  return `${tools.join(', ')}: the same ${tools.length === 1 ? 'call' : 'calls'} with the same result, ${times} times in a row`;
}

function notificationOf(loop: ToolLoop): { title: string; body: string } {
  const what =
    loop.state === 'stopped'
      ? 'It is stopped; let it through under Requests.'
      : 'It goes on. Loops can be stopped in the limits of its key.';
  const title = loop.kind === 'steep-spend' ? 'spends far more than usual' : 'runs in a loop';
  return { title: `${loop.localKeyLabel} ${title}`, body: `${loopWords(loop)}. ${what}` };
}

function loopError(loop: ToolLoop): CorvusError {
  const advice = `Let it through under Requests, or with "corvusllm loops let-through ${loop.id}".`;
  const isSteep = loop.kind === 'steep-spend';
  const what = isSteep ? 'This key spends far more than usual.' : 'The conversation runs in a loop.';
  const body = isSteep ? { spent: loop.spent, usual: loop.usual } : { times: loop.times };
  return new CorvusError('tool_loop', `${what} ${loopWords(loop)}. ${advice}`, { body: { loop: loop.id, ...body } });
}
