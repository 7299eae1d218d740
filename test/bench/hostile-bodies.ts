import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { outlineInTurns } from '#backend/inference/features/outline.ts';
import { readFactsInTurns, readPassthroughFacts } from '#proxy/request/read-call.ts';
import { parseInTurns } from '#proxy/body/parse-in-turns.ts';
import { writeInTurns } from '#proxy/body/write-in-turns.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { hostileBodies, hostileForms } from '../support/fakes/hostile-bodies.ts';

/**
 * The longest time for which one hostile body blocks the event loop, by kind: `node test/bench/hostile-bodies.ts [--mib
 * 31]`. Each body is scanned as a request, and, where it passes, parsed, translated and written as a translated call
 * is.
 */
const { values } = parseArgs({
  options: { mib: { type: 'string', default: '31' }, only: { type: 'string', default: '' } },
});
const bytes = Number(values.mib) * 1024 * 1024;

interface Measured {
  blockedMs: number;
  /** The same without what other programs on the machine took meanwhile. */
  busyMs: number;
  tookMs: number;
  outcome: string;
}

async function measure(task: () => Promise<unknown>): Promise<Measured> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const turns = watchTurns();
  const startedAt = performance.now();
  const outcome = await task().then(
    () => 'taken',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
  const tookMs = performance.now() - startedAt;
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  return { blockedMs: delay.max / 1e6, busyMs: turns.stop(), tookMs, outcome };
}

/** Processor time of this thread between one turn of the event loop and the next, at most. */
function watchTurns(): { stop(): number } {
  const now = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = now();
  let isOver = false;
  const look = () => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return {
    stop() {
      isOver = true;
      return longest;
    },
  };
}

async function translate(body: Buffer): Promise<void> {
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  const request: JsonObject = await parseInTurns(body);
  if (translation) await writeInTurns(translation.request(request).body, body.length);
}

async function report(kind: string, work: string, task: () => Promise<unknown>): Promise<void> {
  if (!kind.includes(values.only)) return;
  const { blockedMs, busyMs, tookMs, outcome } = await measure(task);
  const totals = [blockedMs, busyMs, tookMs].map((figure) => `${figure.toFixed(0).padStart(6)} ms`);
  console.log(`${kind.padEnd(42)} ${work.padEnd(10)} ${totals.join(' ')}  ${outcome}`);
}

console.log(`${'body'.padEnd(42)} ${'work'.padEnd(10)}   blocked      busy    in all`);
for (const [kind, make] of Object.entries(hostileBodies)) {
  const body = make(bytes);
  await report(kind, 'scan', () => readFactsInTurns('openai-chat', body));
  await report(kind, 'outline', () => outlineInTurns(body));
  await report(kind, 'translate', () => translate(body));
}
for (const [kind, make] of Object.entries(hostileForms)) {
  const { body, contentType } = make(bytes);
  await report(kind, 'form', () => readPassthroughFacts(body, contentType));
}
