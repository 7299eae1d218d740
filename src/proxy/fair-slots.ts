import { CorvusError } from '#shared/errors.ts';

/** Whose place it is: a member (a key) of a group (an account). */
export interface SlotOwner {
  group: string;
  member: string;
}

/** How many may run at once: of one member, of one group, of all together. */
export type SlotLimits = Readonly<Record<SlotLevel, number>>;
export type SlotLevel = 'member' | 'group' | 'total';

/** Which limit leaves no room, and how it stands. */
export interface FullSlots {
  level: SlotLevel;
  limit: number;
  running: number;
  waiting: number;
}

export interface FairSlotsParts {
  limits: SlotLimits;
  clock: { after(delayMs: number, task: () => void): () => void };
  /** How long somebody waits for a place. */
  waitMs: number;
  /** How many of one group may wait at once. */
  mostWaiting: number;
  /** What is said to those who get no place. */
  refusal(full: FullSlots): CorvusError;
}

export interface FairSlots {
  /**
   * A place, at once or when one is free: groups with somebody waiting come in turn, and in each its members do, so that whoever asks for
   * many delays only themselves. @returns what gives the place back; calling it twice is calling it once. Rejects with the refusal after
   * the wait, and when the client leaves.
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
  /** Members with somebody waiting, the next one first. */
  turns: Set<string>;
}

/** Places that are shared fairly between groups, and within a group between its members. Kept in memory: one process owns them. */
export function createFairSlots({ limits, clock, waitMs, mostWaiting, refusal }: FairSlotsParts): FairSlots {
  const groups = new Map<string, Group>();
  /** Groups with somebody waiting, the next one first. */
  const turns = new Set<string>();
  let running = 0;

  function placeOf(owner: SlotOwner): [Group, Member] {
    const group = groups.get(owner.group) ?? { running: 0, waiting: 0, members: new Map(), turns: new Set() };
    const member = group.members.get(owner.member) ?? { running: 0, waiting: [] };
    groups.set(owner.group, group);
    group.members.set(owner.member, member);
    return [group, member];
  }

  function forgetIdle(owner: SlotOwner, group: Group, member: Member): void {
    if (member.waiting.length === 0) group.turns.delete(owner.member);
    if (group.waiting === 0) turns.delete(owner.group);
    if (member.running + member.waiting.length === 0) group.members.delete(owner.member);
    if (group.members.size === 0) groups.delete(owner.group);
  }

  function fullAt(group: Group, member: Member): FullSlots | null {
    const { waiting } = group;
    if (member.running >= limits.member)
      return { level: 'member', limit: limits.member, running: member.running, waiting: member.waiting.length };
    if (group.running >= limits.group) return { level: 'group', limit: limits.group, running: group.running, waiting };
    return running >= limits.total ? { level: 'total', limit: limits.total, running, waiting } : null;
  }

  function start(owner: SlotOwner, group: Group, member: Member): () => void {
    member.running += 1;
    group.running += 1;
    running += 1;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      member.running -= 1;
      group.running -= 1;
      running -= 1;
      forgetIdle(owner, group, member);
      startWaiting();
    };
  }

  function startWaiting(): void {
    while (running < limits.total) {
      const next = nextInTurn();
      if (!next) return;
      const [owner, group, member] = next;
      const waiter = member.waiting.shift();
      group.waiting -= 1;
      // Whoever had a turn comes last now.
      group.turns.delete(owner.member);
      turns.delete(owner.group);
      if (member.waiting.length > 0) group.turns.add(owner.member);
      if (group.waiting > 0) turns.add(owner.group);
      waiter?.start(start(owner, group, member));
    }
  }

  function nextInTurn(): [SlotOwner, Group, Member] | null {
    for (const groupId of turns) {
      const group = groups.get(groupId);
      if (!group || group.running >= limits.group) continue;
      for (const memberId of group.turns) {
        const member = group.members.get(memberId);
        if (member && member.running < limits.member) return [{ group: groupId, member: memberId }, group, member];
      }
    }
    return null;
  }

  function wait(owner: SlotOwner, full: FullSlots, clientGone: AbortSignal): Promise<() => void> {
    const [group, member] = placeOf(owner);
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const stopWaiting = () => {
      cancel();
      clientGone.removeEventListener('abort', onGone);
    };
    const waiter: Waiter = {
      start(leave) {
        stopWaiting();
        resolve(leave);
      },
    };
    const giveUp = (error: CorvusError) => {
      stopWaiting();
      member.waiting.splice(member.waiting.indexOf(waiter), 1);
      group.waiting -= 1;
      forgetIdle(owner, group, member);
      reject(error);
    };
    const onGone = () => giveUp(new CorvusError('bad_request', 'The client left before its turn came.'));
    const cancel = clock.after(waitMs, () => giveUp(refusal(fullAt(group, member) ?? full)));
    clientGone.addEventListener('abort', onGone, { once: true });
    member.waiting.push(waiter);
    group.waiting += 1;
    group.turns.add(owner.member);
    turns.add(owner.group);
    return promise;
  }

  return {
    enter(owner, clientGone) {
      const [group, member] = placeOf(owner);
      const full = fullAt(group, member);
      if (!full) return start(owner, group, member);
      if (group.waiting >= mostWaiting || clientGone.aborted) {
        forgetIdle(owner, group, member);
        throw refusal(full);
      }
      return wait(owner, full, clientGone);
    },
    get running() {
      return running;
    },
    get waiting() {
      return [...groups.values()].reduce((sum, group) => sum + group.waiting, 0);
    },
  };
}
