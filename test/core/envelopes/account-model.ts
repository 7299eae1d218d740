import { decideHold } from '#backend/ledger/decide-hold.ts';
import { nanoUsd } from '#shared/money.ts';

/** One request at the account. All amounts are nano-dollars; a token of output costs `rate`. */
export interface ModelCall {
  id: string;
  inputCost: bigint;
  /** What the answer would say, within the limit that it was sent with. */
  tokens: number;
  /** It breaks off before it says anything, and nothing is charged. */
  isLost: boolean;
}

/** A message of the account's event stream. */
export type Message =
  | { kind: 'line'; requestId: string; sequence: number }
  | { kind: 'totals'; spendable: bigint; held: bigint; sequence: number };

export type State = 'waiting' | 'answering' | 'ended' | 'cut' | 'refused';

interface Known extends ModelCall {
  state: State;
  said: number;
  held: bigint;
}

/** A step that the account can take now. */
export interface Step {
  name: string;
  run(): void;
}

const leastTokens = 16;

/**
 * The hosted account, in short: it holds a share of an answer, lets the hold grow with it and ends it where nothing can
 * be added; it charges what was said, and tells its lines and totals of one moment in this order.
 * @param firstTokens how much output is held for at first
 */
export function accountModel(balance: bigint, rate: bigint, firstTokens: number) {
  const calls = new Map<string, Known>();
  const lines: { requestId: string; sequence: number }[] = [];
  const wire: Message[] = [];
  let told = 0;
  let left = balance;

  const costOf = (call: ModelCall, tokens: number): bigint => call.inputCost + BigInt(tokens) * rate;
  const held = (): bigint => [...calls.values()].reduce((sum, call) => sum + call.held, 0n);
  const funds = (own = 0n) => ({ available: nanoUsd(left - held()), held: nanoUsd(held() - own), owed: nanoUsd(0n) });

  function hold(call: Known, wanted: bigint, minimum: bigint, isOverdue: boolean): 'held' | 'wait' | 'refuse' {
    const decision = decideHold({ wanted: nanoUsd(wanted), minimum: nanoUsd(minimum) }, funds(call.held), !isOverdue);
    if (decision.kind !== 'hold') return decision.kind;
    call.held += decision.amount;
    return 'held';
  }

  function admit(call: Known, isOverdue: boolean): void {
    const share = (tokens: number): bigint => costOf(call, Math.min(call.tokens, tokens));
    const kind = hold(call, share(firstTokens), share(leastTokens), isOverdue);
    if (kind !== 'wait') call.state = kind === 'held' ? 'answering' : 'refused';
  }

  function sayMore(call: Known, isOverdue: boolean): void {
    const next = Math.min(call.tokens, call.said + leastTokens);
    const missing = costOf(call, next) - call.held;
    const step = BigInt(firstTokens) * rate;
    const kind = missing <= 0n ? 'held' : hold(call, missing > step ? missing : step, missing, isOverdue);
    if (kind === 'refuse') end(call, 'cut');
    if (kind === 'held') call.said = next;
  }

  function end(call: Known, state: 'ended' | 'cut'): void {
    call.state = state;
    call.held = 0n;
    if (call.isLost) return;
    left -= costOf(call, call.said);
    lines.push({ requestId: call.id, sequence: lines.length + 1 });
  }

  /** One that waits for money is looked at again, and a last time when its time is over. */
  function stepsOf(call: Known): Step[] {
    const { id } = call;
    const step = (name: string, run: () => void): Step => ({ name: `${name} ${id}`, run });
    if (call.state === 'waiting')
      return [step('admit', () => admit(call, false)), step('admit at last', () => admit(call, true))];
    if (call.state !== 'answering') return [];
    if (call.isLost || call.said >= call.tokens) return [step('settle', () => end(call, 'ended'))];
    return [step('say', () => sayMore(call, false)), step('say at last', () => sayMore(call, true))];
  }

  return {
    receive: (call: ModelCall) => void calls.set(call.id, { ...call, state: 'waiting', said: 0, held: 0n }),
    stateOf: (id: string): State | null => calls.get(id)?.state ?? null,
    /** What it cost, as far as it has ended; null: it runs. */
    chargeOf(id: string): bigint | null {
      const call = calls.get(id);
      if (!call || call.state === 'waiting' || call.state === 'answering') return null;
      return call.isLost || call.state === 'refused' ? 0n : costOf(call, call.said);
    },
    available: (): bigint => left - held(),
    /** Requests get money in the order of their arrival: of those that wait, the first is looked at. */
    steps(): Step[] {
      const all = [...calls.values()];
      const first = all.find(({ state }) => state === 'waiting');
      return all.filter((call) => call.state !== 'waiting' || call === first).flatMap(stepsOf);
    },
    /** It is read at any moment; what it says then may arrive much later. */
    read(): void {
      for (const line of lines.slice(told)) wire.push({ kind: 'line', ...line });
      told = lines.length;
      wire.push({ kind: 'totals', spendable: left - held(), held: held(), sequence: told });
    },
    /** The next message that arrives. */
    next: (): Message | null => wire.shift() ?? null,
    hasMessages: (): boolean => wire.length > 0,
  };
}
