import { randomBytes } from 'node:crypto';
import { constants, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { logFile } from '#proxy/log-file.ts';
import { refuseSymlink, storageError } from './atomic-file.ts';
import { pooledRandom } from '#shared/random-pool.ts';
import { redact, redactText } from '#shared/redact.ts';

const longestTimerMs = 2 ** 31 - 1;
const logLimitBytes = 5 * 1024 * 1024;

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  every(periodMs, task) {
    const timer = setInterval(task, Math.min(periodMs, longestTimerMs)).unref();
    return () => clearInterval(timer);
  },
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(delayMs, longestTimerMs)).unref();
    return () => clearTimeout(timer);
  },
};

export const nodeRandom: Random = pooledRandom(randomBytes);

/** A logger whose last lines can be awaited before the process ends. */
export interface FileLogger extends Logger {
  flush(): void;
}

/** JSON lines in `corvusllm.log` of the data folder (0600), without secrets; the previous file is kept as `.1`. */
export async function openFileLogger(home: string): Promise<FileLogger> {
  const path = join(home, 'corvusllm.log');
  await refuseSymlink(path);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logLimitBytes) renameSync(path, `${path}.1`);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const file = logFile(openOrRefuse(path, flags));
  return { ...redactingLogger(file), flush: file.flush };
}

function openOrRefuse(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    throw storageError(path, error);
  }
}

/** The logger of a short command: it prints only what a person must see. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** Structured lines to any stream; every string passes the redactor first. */
function redactingLogger(destination: pino.DestinationStream): Logger {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}) =>
      log[level](redact(facts), redactText(event));
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
