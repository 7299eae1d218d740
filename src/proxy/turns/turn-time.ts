/** Time for work in one turn of the event loop, after which other connections are looked at again. */
const usualMs = 2;
/**
 * The system hands over one new connection per turn: where several wait, each of them waits for all turns before its
 * own.
 */
const whileConnectingMs = 0.25;
/** So many turns in a row with a new connection each are a crowd. */
const turnsOfCrowd = 16;

let mostMs = usualMs;
/** null: nothing has been asked in this turn. */
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

/** Whether new connections come without a pause: until all are here, each of them waits for what is done in a turn. */
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
  // The first turn without a connection ends a crowd, whether or not there is work in it.
  if (turnsWithConnection > 0) watchEnd();
}
