/** An attempt on an account's money: done, or told to come back when other requests have given theirs back. */
type Attempt<T> = (mayWait: boolean) => Promise<T | 'wait'>;

interface Turn {
  /** Settles its caller's promise and is true, or is false when it has to wait. */
  run(mayWait: boolean): Promise<boolean>;
  isOverdue: boolean;
  cancelTimer: () => void;
}

interface Lane {
  turns: Turn[];
  isRunning: boolean;
  wasWoken: boolean;
}

export interface PurseQueue {
  /**
   * Runs an attempt in its turn. Attempts of one account come in order of arrival, those of requests under way first.
   * An attempt that has to wait is made again whenever the account's money moves, and a last time when its time is over.
   */
  take<T>(accountId: string, attempt: Attempt<T>, options: { waitMs: number; isUrgent: boolean }): Promise<T>;
  /** Money of this account was given back or added. */
  wake(accountId: string): void;
}

export function createPurseQueue({ after }: { after(delayMs: number, task: () => void): () => void }): PurseQueue {
  const lanes = new Map<string, Lane>();

  async function run(accountId: string, lane: Lane): Promise<void> {
    lane.wasWoken = true;
    if (lane.isRunning) return;
    lane.isRunning = true;
    while (lane.wasWoken) {
      lane.wasWoken = false;
      await runTurns(lane);
    }
    lane.isRunning = false;
    if (lane.turns.length === 0) lanes.delete(accountId);
  }

  async function runTurns(lane: Lane): Promise<void> {
    for (const turn of lane.turns.filter((candidate) => candidate.isOverdue)) await finishTurn(lane, turn, false);
    for (let first = lane.turns[0]; first; first = lane.turns[0]) {
      if (!(await finishTurn(lane, first, !first.isOverdue))) return;
    }
  }

  async function finishTurn(lane: Lane, turn: Turn, mayWait: boolean): Promise<boolean> {
    if (!(await turn.run(mayWait))) return false;
    turn.cancelTimer();
    lane.turns = lane.turns.filter((other) => other !== turn);
    return true;
  }

  return {
    take<T>(accountId: string, attempt: Attempt<T>, { waitMs, isUrgent }: { waitMs: number; isUrgent: boolean }): Promise<T> {
      const lane = lanes.get(accountId) ?? { turns: [], isRunning: false, wasWoken: false };
      lanes.set(accountId, lane);
      return new Promise<T>((resolve, reject) => {
        const turn: Turn = {
          run: (mayWait) => settleTurn(attempt, mayWait, resolve, reject),
          isOverdue: false,
          cancelTimer: after(waitMs, () => {
            turn.isOverdue = true;
            void run(accountId, lane);
          }),
        };
        if (isUrgent) lane.turns.unshift(turn);
        else lane.turns.push(turn);
        void run(accountId, lane);
      });
    },
    wake(accountId) {
      const lane = lanes.get(accountId);
      if (lane) void run(accountId, lane);
    },
  };
}

async function settleTurn<T>(
  attempt: Attempt<T>,
  mayWait: boolean,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Promise<boolean> {
  try {
    const result = await attempt(mayWait);
    if (result === 'wait') return false;
    resolve(result);
  } catch (error) {
    reject(error);
  }
  return true;
}
