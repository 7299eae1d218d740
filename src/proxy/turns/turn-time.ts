/** Time for work in one turn of the event loop, after which other connections are looked at again. */
const usualMs = 2;
/** The system hands over one new connection per turn: where several wait, each of them waits for all turns before its own. */
const whileConnectingMs = 0.25;

let mostMs = usualMs;
let startedAtMs = 0;
let isCounting = false;
let hasConnected = false;

/** Whether this turn has taken so long that more work should wait for the next one. Counts from the first question in a turn. */
export function isTurnOver(): boolean {
  const nowMs = performance.now();
  if (!isCounting) {
    isCounting = true;
    startedAtMs = nowMs;
    setImmediate(endTurn);
  }
  return nowMs - startedAtMs > mostMs;
}

/** Whether connections came in this turn or the last one. */
export function isConnecting(): boolean {
  return mostMs === whileConnectingMs;
}

/** Reports a new connection: the turns stay short until no more come. */
export function noteConnection(): void {
  hasConnected = true;
  mostMs = whileConnectingMs;
}

function endTurn(): void {
  isCounting = false;
  if (!hasConnected) mostMs = usualMs;
  hasConnected = false;
}
