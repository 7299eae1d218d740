/** Time as the engine needs it. */
export interface EngineClock {
  nowMs(): number;
  every(periodMs: number, task: () => void): () => void;
  after(delayMs: number, task: () => void): () => void;
}
