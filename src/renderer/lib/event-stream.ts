import { createParser } from 'eventsource-parser';

interface EventStreamOptions {
  /** Opens the stream once; the signal ends it. null: the session is over. */
  connect: (signal: AbortSignal) => Promise<Response | null>;
  onOpen: () => void;
  onEvent: (name: string, data: string) => void;
  /** The stream broke; another try follows. */
  onLost: () => void;
  /** The session is over: nothing follows. */
  onRefused: () => void;
  /** Between 0 and 1; spreads the tries of many pages. */
  random: () => number;
}

const firstDelayMs = 400;
const longestDelayMs = 10_000;
// The server says something every 15 seconds; three missed in a row mean that the connection is lost.
const silenceLimitMs = 45_000;

/**
 * Reads server-sent events through fetch, which unlike EventSource can send a header, and connects again when they
 * stop.
 */
export function openEventStream(options: EventStreamOptions): { close(): void } {
  const ending = new AbortController();
  void followStream(options, ending.signal);
  return { close: () => ending.abort() };
}

async function followStream(options: EventStreamOptions, ending: AbortSignal): Promise<void> {
  let failures = 0;
  while (!ending.aborted) {
    const outcome = await readStream(options, ending, () => (failures = 0)).catch(() => 'lost' as const);
    if (ending.aborted) return;
    if (outcome === 'refused') return options.onRefused();
    options.onLost();
    await delay(backOffMs(failures, options.random()), ending);
    failures += 1;
  }
}

/** Doubles from try to try up to a limit; half of each delay is chance. */
export function backOffMs(failures: number, random: number): number {
  const fullMs = Math.min(firstDelayMs * 2 ** failures, longestDelayMs);
  return fullMs / 2 + (fullMs / 2) * random;
}

async function readStream(
  options: EventStreamOptions,
  ending: AbortSignal,
  onAlive: () => void,
): Promise<'lost' | 'refused'> {
  const silence = createSilenceAlarm();
  try {
    const response = await options.connect(AbortSignal.any([ending, silence.signal]));
    if (response === null) return 'refused';
    if (!response.ok || !response.body) return 'lost';
    onAlive();
    options.onOpen();
    const parser = createParser({ onEvent: ({ event, data }) => event !== undefined && options.onEvent(event, data) });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      silence.postpone();
      parser.feed(decoder.decode(part.value, { stream: true }));
    }
    return 'lost';
  } finally {
    silence.stop();
  }
}

function createSilenceAlarm() {
  const alarm = new AbortController();
  let timer = setTimeout(() => alarm.abort(), silenceLimitMs);
  return {
    signal: alarm.signal,
    stop: () => clearTimeout(timer),
    postpone() {
      clearTimeout(timer);
      timer = setTimeout(() => alarm.abort(), silenceLimitMs);
    },
  };
}

function delay(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
