/** What the service needs from the world; whoever starts it brings its own, so that a test can hold time and chance. */
export interface BackendClock {
  nowMs(): number;
  /** Runs `task` every `periodMs` until the returned function is called. */
  every(periodMs: number, task: () => void): () => void;
  /** Runs `task` once after `delayMs` unless the returned function is called first. */
  after(delayMs: number, task: () => void): () => void;
}

export interface BackendRandom {
  bytes(count: number): Uint8Array;
}

/** Structured and free of secrets: callers never pass keys or prompts. */
export interface BackendLogger {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(event: string, facts?: Readonly<Record<string, unknown>>): void;
  error(event: string, facts?: Readonly<Record<string, unknown>>): void;
}
