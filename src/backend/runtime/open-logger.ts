import pino from 'pino';
import { redact, redactText } from '#shared/redact.ts';
import type { Logger } from '#shared/ports.ts';

export type LogLevel = 'info' | 'warn' | 'error' | 'silent';

/** JSON lines to any stream. Callers pass no secrets; what slips through all the same is taken out here. */
export function openLogger(level: LogLevel, destination: pino.DestinationStream): Logger {
  const log = pino(
    { level, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  const line =
    (name: 'info' | 'warn' | 'error') =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}): void => {
      if (log.isLevelEnabled(name)) log[name](Object.assign({ event: redactText(event) }, redact(facts)));
    };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
