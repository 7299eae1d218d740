import type { Logger } from '#shared/ports.ts';

/** A log whose lines a test can read. */
export function openLoggerFor() {
  const lines: { event: string; facts: Readonly<Record<string, unknown>> }[] = [];
  const take = (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
    void lines.push({ event, facts });
  const logger: Logger = { info: take, warn: take, error: take };
  return { logger, events: (name: string) => lines.filter(({ event }) => event === name).map(({ facts }) => facts) };
}
