/**
 * What every service needs from its environment. The host provides the implementation, so that a test can control time
 * and randomness. Types only.
 */
export interface Clock {
  nowMs(): number;
  /** Runs `task` every `periodMs` until the returned function is called. Never keeps the process alive. */
  every(periodMs: number, task: () => void): () => void;
  /** Runs `task` once after `delayMs` unless the returned function is called first. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** Structured and free of secrets: implementations redact, callers never pass keys or prompts. */
export interface Logger {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(event: string, facts?: Readonly<Record<string, unknown>>): void;
  error(event: string, facts?: Readonly<Record<string, unknown>>): void;
}
