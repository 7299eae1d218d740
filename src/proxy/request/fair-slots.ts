import { CorvusError } from '#shared/errors.ts';
import { whenAborted } from '#shared/when-aborted.ts';

/** Who a slot belongs to: a member (a key) of a group (an account). */
export interface SlotOwner {
  group: string;
  member: string;
}

/** How many may run at once: per member, per group, in total. */
export type SlotLimits = Readonly<Record<SlotLevel, number>>;
export type SlotLevel = 'member' | 'group' | 'total';

/** Which limit leaves no room, and its state. */
export interface FullSlots {
  level: SlotLevel;
  limit: number;
  running: number;
  waiting: number;
}

export interface FairSlotsDeps {
  limits: SlotLimits;
  clock: { after(delayMs: number, task: () => void): () => void };
  /** The longest wait for a slot. */
  waitMs: number;
  /** How many of one group may wait at once. */
  mostWaiting: number;
  /** The refusal for those who get no slot. */
  refusal(full: FullSlots): CorvusError;
}

export interface FairSlots {
  /**
   * A slot, at once or when one is free. Waiting groups take turns, and so do the members of each group, so that a
   * caller with many requests delays only itself. @returns a function that frees the slot; a second call does nothing.
   * Rejects with the refusal after the wait, and when the client leaves.
   */
  enter(owner: SlotOwner, clientGone: AbortSignal): Promise<() => void> | (() => void);
  readonly running: number;
  readonly waiting: number;
}

interface Waiter {
  start(leave: () => void): void;
}

interface Member {
  running: number;
  waiting: Waiter[];
}

interface Group {
  running: number;
  waiting: number;
  members: Map<string, Member>;
  /** Members with waiting requests, the next one first. */
  turns: Set<string>;
}

/**
 * Slots that are shared fairly between groups, and within a group between its members. Kept in memory: one process owns
 * them.
 */
export function createFairSlots(parts: FairSlotsDeps): FairSlots {
  return new SharedSlots(parts);
}

class SharedSlots implements FairSlots {
  readonly #parts: FairSlotsDeps;
  readonly #groups = new Map<string, Group>();
  /** Groups with waiting requests, the next one first. */
  readonly #turns = new Set<string>();
  #running = 0;

  constructor(parts: FairSlotsDeps) {
    this.#parts = parts;
  }

  enter(owner: SlotOwner, clientGone: AbortSignal): Promise<() => void> | (() => void) {
    const [group, member] = this.#placeOf(owner);
    const full = this.#fullAt(group, member);
    if (!full) return this.#start(owner, group, member);
    if (group.waiting < this.#parts.mostWaiting && !clientGone.aborted) return this.#wait(owner, full, clientGone);
    this.#forgetIdle(owner, group, member);
    throw this.#parts.refusal(full);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + group.waiting, 0);
  }

  #placeOf(owner: SlotOwner): [Group, Member] {
    const group = this.#groups.get(owner.group) ?? { running: 0, waiting: 0, members: new Map(), turns: new Set() };
    const member = group.members.get(owner.member) ?? { running: 0, waiting: [] };
    this.#groups.set(owner.group, group);
    group.members.set(owner.member, member);
    return [group, member];
  }

  #forgetIdle(owner: SlotOwner, group: Group, member: Member): void {
    if (member.waiting.length === 0) group.turns.delete(owner.member);
    if (group.waiting === 0) this.#turns.delete(owner.group);
    if (member.running + member.waiting.length === 0) group.members.delete(owner.member);
    if (group.members.size === 0) this.#groups.delete(owner.group);
  }

  #fullAt(group: Group, member: Member): FullSlots | null {
    const { limits } = this.#parts;
    if (member.running >= limits.member) return fullFacts('member', limits, member.running, member.waiting.length);
    if (group.running >= limits.group) return fullFacts('group', limits, group.running, group.waiting);
    return this.#running >= limits.total ? fullFacts('total', limits, this.#running, this.waiting) : null;
  }

  #start(owner: SlotOwner, group: Group, member: Member): () => void {
    member.running += 1;
    group.running += 1;
    this.#running += 1;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      member.running -= 1;
      group.running -= 1;
      this.#running -= 1;
      this.#forgetIdle(owner, group, member);
      this.#startWaiting();
    };
  }

  #startWaiting(): void {
    while (this.#running < this.#parts.limits.total) {
      const next = this.#nextInTurn();
      if (!next) return;
      const [owner, group, member] = next;
      const waiter = member.waiting.shift();
      group.waiting -= 1;
      // A member that had its turn goes to the end.
      group.turns.delete(owner.member);
      this.#turns.delete(owner.group);
      if (member.waiting.length > 0) group.turns.add(owner.member);
      if (group.waiting > 0) this.#turns.add(owner.group);
      waiter?.start(this.#start(owner, group, member));
    }
  }

  #nextInTurn(): [SlotOwner, Group, Member] | null {
    const { limits } = this.#parts;
    for (const groupId of this.#turns) {
      const group = this.#groups.get(groupId);
      if (!group || group.running >= limits.group) continue;
      for (const memberId of group.turns) {
        const member = group.members.get(memberId);
        if (member && member.running < limits.member) return [{ group: groupId, member: memberId }, group, member];
      }
    }
    return null;
  }

  #wait(owner: SlotOwner, full: FullSlots, clientGone: AbortSignal): Promise<() => void> {
    const { clock, waitMs, refusal } = this.#parts;
    const [group, member] = this.#placeOf(owner);
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const stopWaiting = (): void => {
      cancel();
      forget();
    };
    const waiter: Waiter = {
      start(leave) {
        stopWaiting();
        resolve(leave);
      },
    };
    const giveUp = (error: CorvusError): void => {
      stopWaiting();
      member.waiting.splice(member.waiting.indexOf(waiter), 1);
      group.waiting -= 1;
      this.#forgetIdle(owner, group, member);
      reject(error);
    };
    const cancel = clock.after(waitMs, () => giveUp(refusal(this.#fullAt(group, member) ?? full)));
    const forget = whenAborted(clientGone, () =>
      giveUp(new CorvusError('bad_request', 'The client left before its turn came.')),
    );
    member.waiting.push(waiter);
    group.waiting += 1;
    group.turns.add(owner.member);
    this.#turns.add(owner.group);
    return promise;
  }
}

function fullFacts(level: SlotLevel, limits: SlotLimits, running: number, waiting: number): FullSlots {
  return { level, limit: limits[level], running, waiting };
}
