import type { Call } from '#proxy/call.ts';
import { nextTurn } from '#proxy/turns/in-turns.ts';
import { keepNewest } from '#proxy/upstream/session-affinity.ts';
import type { CacheBreak } from '#shared/account/cache-breaks.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { LocalKeyId, RequestId } from '#shared/ids.ts';
import type { UnitPrices } from '#shared/metering/price-usage.ts';
import { inputTokens, type Usage } from '#shared/metering/usage.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { hourMs } from '#shared/time.ts';
import type { Attribution } from '../requests/attribution.ts';
import { digestPrompt, type KnownParts, noParts, type PromptDigest } from './prompt-digest.ts';

/** How a call ended whose prompt was looked at. */
export interface AnsweredPrompt {
  provider: string;
  /** Its name there. */
  model: string;
  /** What the provider was asked in; null: in the caller's dialect. */
  translatedTo: Dialect | null;
  usage: Usage;
  unitPrices: UnitPrices;
}

/** A prompt that is compared once its answer is there. */
export interface SeenPrompt {
  /** Remembers it. @returns why the cache did not have its beginning; null: it had, or it is not known */
  answered(end: AnsweredPrompt): CacheBreak | null;
}

/** Compares the prompts of each session, turn by turn: which one a provider's cache did not know, and why. */
export interface PromptCaches {
  /** null: there is nothing to compare. It looks at the prompt while the upstream works on it. */
  see(
    call: Call,
    keyId: LocalKeyId,
    attribution: Pick<Attribution, 'session' | 'agent'>,
  ): Promise<SeenPrompt | null> | null;
}

/** The last turn of a conversation. A session can have several at once, of agents that name none. */
interface Turn extends AnsweredPrompt {
  requestId: RequestId;
  receivedAtMs: number;
  dialect: Dialect;
  prompt: PromptDigest;
  /** Whether anything was read from a cache since it began, and whether something was written for an hour. */
  hasRead: boolean;
  livesAnHour: boolean;
}

interface Session {
  known: KnownParts;
  turns: Turn[];
}

/** No provider keeps a shorter prompt. */
const leastTokens = 1_024;
const leastBytes = 3 * leastTokens;
const mostBytes = 4 * 1024 * 1024;
const mostSessions = 100;
/** The checksums of all sessions, at about 16 bytes: prompts that never repeat must not fill the memory. */
const mostChecksums = 2_000_000;
const mostTurns = 6;
const lifetimeMs = 300_000;
/** Providers cache whole blocks, and some a little later: less says nothing where nothing else does. */
const leastPart = 0.2;

export function createPromptCaches(): PromptCaches {
  /** The least recently used first. */
  const sessions = new Map<string, Session>();

  function sessionOf(name: string): Session {
    const session = sessions.get(name) ?? { known: noParts(), turns: [] };
    keepNewest(sessions, name, session, mostSessions);
    return session;
  }

  /** The longest unused sessions go first; one alone is never too large. */
  function forgetBeyondBudget(): void {
    let total = [...sessions.values()].reduce((sum, session) => sum + sizeOf(session), 0);
    for (const [name, session] of sessions) {
      if (total <= mostChecksums || sessions.size === 1) return;
      sessions.delete(name);
      total -= sizeOf(session);
    }
  }

  async function look(call: Call, name: string): Promise<SeenPrompt | null> {
    // Its turn on the event loop comes when the request is on its way.
    await nextTurn();
    const session = sessionOf(name);
    const prompt = await digestPrompt(call, session.known).catch(() => null);
    forgetBeyondBudget();
    return prompt && { answered: (end) => compare(session, prompt, call, end) };
  }

  return {
    see(call, keyId, { session, agent }) {
      const { body, facts } = call;
      if (session === null || !facts.history || body.length < leastBytes || body.length > mostBytes) return null;
      return look(call, JSON.stringify([keyId, session, agent]));
    },
  };
}

/** How many checksums it holds. */
function sizeOf({ known, turns }: Session): number {
  return turns.reduce(
    (sum, { prompt }) => sum + prompt.tools.length + prompt.system.length + prompt.items.length,
    known.size,
  );
}

function compare(
  session: Session,
  prompt: PromptDigest,
  { requestId, receivedAtMs, dialect }: Call,
  end: AnsweredPrompt,
): CacheBreak | null {
  const before = turnBefore(session.turns, prompt);
  const { cacheRead, cacheWrite1h } = end.usage;
  const turn: Turn = {
    ...end,
    requestId,
    receivedAtMs,
    dialect: end.translatedTo ?? dialect,
    prompt,
    hasRead: cacheRead > 0 || (before?.hasRead ?? false),
    livesAnHour: cacheWrite1h > 0 || (before?.livesAnHour ?? false),
  };
  session.turns = [turn, ...session.turns.filter((other) => other !== before)].slice(0, mostTurns);
  return before && breakBetween(before, turn);
}

/** The conversation that it continues: the one that has most of its turns at the same place, else one of its first. */
function turnBefore(turns: readonly Turn[], { items }: PromptDigest): Turn | null {
  let [best, most]: [Turn | null, number] = [null, 0];
  for (const turn of turns) {
    const same = turn.prompt.items.reduce((sum, item, index) => sum + (item === items[index] ? 1 : 0), 0);
    if (same > most) [best, most] = [turn, same];
  }
  const [first] = items;
  return best ?? turns.find(({ prompt }) => first !== undefined && prompt.items.includes(first)) ?? null;
}

function breakBetween(before: Turn, turn: Turn): CacheBreak | null {
  const isMarked = turn.dialect === 'anthropic-messages';
  const { usage } = turn;
  const { cacheRead, cacheWrite5m, cacheWrite1h } = before.usage;
  // In Messages only what its caller marks is cached; elsewhere all of it.
  const cached = isMarked ? cacheRead + cacheWrite5m + cacheWrite1h : inputTokens(before.usage);
  const expected = Math.min(cached, inputTokens(usage));
  const tokens = expected - usage.cacheRead;
  if (tokens < leastTokens) return null;
  const afterMs = Math.max(0, turn.receivedAtMs - before.receivedAtMs);
  const difference = differenceOf(before, turn, afterMs);
  // Without a difference it counts only where the provider is known to cache.
  const isSure = difference.cause !== 'expired' && difference.cause !== 'unknown';
  if (!isSure && ((!isMarked && !before.hasRead) || tokens < expected * leastPart)) return null;
  const lost = lostOn(tokens, turn);
  if (lost <= 0n) return null;
  return { ...difference, afterMs, tokens, lost: usdText(nanoUsd(lost)), before: before.requestId };
}

type Difference = Pick<CacheBreak, 'cause' | 'at'>;

/** The likely cause: what a cache compares first comes first. */
function differenceOf(before: Turn, { model, provider, prompt }: Turn, afterMs: number): Difference {
  if (before.model !== model) return { cause: 'model', at: null };
  if (before.provider !== provider) return { cause: 'provider', at: null };
  if (afterMs > (before.livesAnHour ? hourMs : lifetimeMs)) return { cause: 'expired', at: null };
  const { tools, system, attribution, items } = before.prompt;
  const tool = firstDifference(tools, prompt.tools);
  if (tool !== null) return { cause: isReordered(tools, prompt.tools) ? 'tool-order' : 'tools', at: tool };
  const line = firstDifference(system, prompt.system);
  if (line !== null) return { cause: 'system', at: line };
  // Anthropic's own service leaves that line out: there a cache is read all the same.
  if (attribution !== prompt.attribution && !before.hasRead) return { cause: 'system', at: 1 };
  const [first] = prompt.items;
  if (first !== undefined && items.indexOf(first) > 0) return { cause: 'cut', at: null };
  const item = items.findIndex((checksum, index) => index < prompt.items.length && checksum !== prompt.items[index]);
  return item < 0 ? { cause: 'unknown', at: null } : { cause: 'message', at: prompt.systemItems + item + 1 };
}

/** Where two lists are the first to differ, from 1; null: they are the same. */
function firstDifference(before: readonly number[], now: readonly number[]): number | null {
  const most = Math.max(before.length, now.length);
  for (let index = 0; index < most; index += 1) if (before[index] !== now[index]) return index + 1;
  return null;
}

function isReordered(before: readonly number[], now: readonly number[]): boolean {
  return before.length === now.length && firstDifference(before.toSorted(), now.toSorted()) === null;
}

/** What so many tokens cost more than if they had been read: by the mean price of the input that was not. */
function lostOn(tokens: number, { usage, unitPrices }: AnsweredPrompt): bigint {
  const rate = (bucket: keyof UnitPrices & keyof Usage): bigint => parseUsd(unitPrices[bucket]) ?? 0n;
  const buckets = ['freshInput', 'cacheWrite5m', 'cacheWrite1h'] as const;
  const counted = buckets.reduce((sum, bucket) => sum + usage[bucket], 0);
  if (counted === 0) return 0n;
  const paid = buckets.reduce((sum, bucket) => sum + BigInt(usage[bucket]) * rate(bucket), 0n);
  return (BigInt(tokens) * (paid - BigInt(counted) * rate('cacheRead'))) / (BigInt(counted) * 1_000_000n);
}
