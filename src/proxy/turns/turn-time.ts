/** The time for work in one turn of the event loop, after which other connections are served. */
const usualMs = 2;
/** The system hands over one new connection per turn, so each waiting connection waits for all turns before its own. */
const whileConnectingMs = 0.25;
/** This many consecutive turns with a new connection each count as a burst. */
const turnsOfCrowd = 16;

let mostMs = usualMs;
/** null: not asked in this turn yet. */
let startedAtMs: number | null = null;
let isEndWatched = false;
let hasConnected = false;
let turnsWithConnection = 0;

/**
 * Whether this turn has taken so long that more work should wait for the next one. Counts from the first question in a
 * turn.
 */
export function isTurnOver(): boolean {
  const nowMs = performance.now();
  startedAtMs ??= nowMs;
  watchEnd();
  return nowMs - startedAtMs > mostMs;
}

/**
 * Whether new connections arrive without a pause. Until all are accepted, each of them waits for the work of every
 * turn.
 */
export function isCrowded(): boolean {
  return turnsWithConnection >= turnsOfCrowd;
}

/** Reports a new connection: the turns stay short until no more come. */
export function noteConnection(): void {
  hasConnected = true;
  mostMs = whileConnectingMs;
  watchEnd();
}

function watchEnd(): void {
  if (isEndWatched) return;
  isEndWatched = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  isEndWatched = false;
  startedAtMs = null;
  turnsWithConnection = hasConnected ? turnsWithConnection + 1 : 0;
  if (!hasConnected) mostMs = usualMs;
  hasConnected = false;
  // The first turn without a new connection ends the burst, whether or not it has work.
  if (turnsWithConnection > 0) watchEnd();
}
