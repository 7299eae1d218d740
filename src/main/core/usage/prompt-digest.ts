import { crc32 } from 'node:zlib';
import type { Call } from '#proxy/call.ts';
import { nextTurn, workedOnAtOnceUpToBytes } from '#proxy/turns/in-turns.ts';
import { asArray, asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import type { JsonSpan } from '#proxy/body/json-span.ts';

/** A prompt as checksums, in the order in which a cache compares it. No text is kept. */
export interface PromptDigest {
  tools: readonly number[];
  /** The lines of the system prompt, and of system messages before the first turn. */
  system: readonly number[];
  /** The line of Claude Code that changes with every request; its place in `system` has a zero. null: there is none. */
  attribution: number | null;
  /** Messages that are part of `system`. */
  systemItems: number;
  /** The turns after them. */
  items: readonly number[];
}

/** What earlier prompts of a session had: their parts are not parsed again. By length and checksum of their bytes. */
export interface KnownParts {
  /** The numbers in all of them: what they take of memory. */
  size: number;
  tools: Map<number, readonly number[]>;
  system: Map<number, SystemLines>;
  items: Map<number, number | SystemLines>;
}

interface SystemLines {
  lines: readonly number[];
  attribution: number | null;
}

/** What is longer is compared by its bytes. */
const mostParsedBytes = 256 * 1024;
const mostLines = 4_000;
const mostItems = 2_000;
const mostTools = 2_000;
const mostKnown = 100_000;
const attributionLine = 'x-anthropic-billing-header:';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b]);
const closing: ReadonlySet<number | undefined> = new Set([0x7d, 0x5d]);

/** Reads a long prompt in several turns of the event loop. null: it has too many turns. */
export async function digestPrompt({ body, facts }: Call, known: KnownParts): Promise<PromptDigest | null> {
  const { prefix, history } = facts;
  const tools = prefix?.tools ? once(known, known.tools, body, prefix.tools, toolsOf) : [];
  if (tools.length > mostTools) return null;
  const own = prefix?.system ? once(known, known.system, body, prefix.system, (json) => linesOf(textOf(json))) : null;
  const system = own ? [...own.lines] : [];
  let attribution = own?.attribution ?? null;
  const items: number[] = [];
  let systemItems = 0;
  let worked = 0;
  for (const span of history ? listItems(body, history) : []) {
    worked += span.end - span.start;
    if (worked > workedOnAtOnceUpToBytes) {
      worked = 0;
      await nextTurn();
    }
    const item = once(known, known.items, body, span, itemOf);
    if (typeof item === 'number') items.push(item);
    else if (items.length > 0) items.push(crc32(JSON.stringify(item.lines)));
    else {
      system.push(...item.lines);
      attribution ??= item.attribution;
      systemItems += 1;
    }
    if (items.length > mostItems || system.length > mostLines) return null;
  }
  return { tools, system, attribution, systemItems, items };
}

export function noParts(): KnownParts {
  return { size: 0, tools: new Map(), system: new Map(), items: new Map() };
}

type Part = readonly number[] | SystemLines | number;

/** @param parts those of its kind in `known` */
function once<Read extends Part>(
  known: KnownParts,
  parts: Map<number, Read>,
  body: Buffer,
  { start, end }: JsonSpan,
  read: (json: unknown) => Read,
): Read {
  const bytes = body.subarray(start, end);
  const checksum = crc32(bytes);
  // Both in one number, without loss.
  const key = checksum * 2 ** 20 + (bytes.length % 2 ** 20);
  const before = parts.get(key);
  if (before !== undefined) return before;
  const part = read(bytes.length > mostParsedBytes ? checksum : parseJson(bytes.toString('utf8')));
  if (known.size >= mostKnown) {
    for (const all of [known.tools, known.system, known.items]) all.clear();
    known.size = 0;
  }
  parts.set(key, part);
  known.size += sizeOf(part);
  return part;
}

/** Its numbers, with one for its key. */
function sizeOf(part: Part): number {
  if (typeof part === 'number') return 2;
  return 1 + ('lines' in part ? part.lines : part).length;
}

function toolsOf(json: unknown): readonly number[] {
  return typeof json === 'number' ? [json] : asArray(json).map(checksumOf);
}

/** A turn, or the lines of a message to the system. */
function itemOf(json: unknown): number | SystemLines {
  if (typeof json === 'number') return json;
  const { role, content } = asObject(json) ?? {};
  return role === 'system' || role === 'developer' ? linesOf(textOf(content)) : checksumOf(json);
}

/** The same for what is the same to a cache: marks for it move from turn to turn, and with them the form of a text. */
function checksumOf(json: unknown): number {
  return crc32(
    JSON.stringify(json, (name: string, value: unknown) => {
      if (name === 'cache_control') return undefined;
      return name === 'content' && typeof value === 'string' ? [{ type: 'text', text: value }] : value;
    }) ?? '',
  );
}

function textOf(json: unknown): string {
  if (typeof json === 'string') return json;
  const blocks = Array.isArray(json) ? asArray(json) : asArray(asObject(json)?.['parts']);
  if (blocks.length === 0) return JSON.stringify(json) ?? '';
  return blocks.map((block) => asText(asObject(block)?.['text']) ?? JSON.stringify(block)).join('\n');
}

function linesOf(text: string): SystemLines {
  const [first = '', ...others] = text.split('\n', mostLines + 1);
  if (!first.startsWith(attributionLine))
    return { lines: [first, ...others].map((line) => crc32(line)), attribution: null };
  return { lines: [0, ...others.map((line) => crc32(line))], attribution: crc32(first) };
}

/** Where the items of a list in valid JSON stand; strings are skipped, so that long texts cost little. */
function* listItems(json: Buffer, { start, end }: JsonSpan): Generator<JsonSpan> {
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < end; at += 1) {
    const byte = json[at];
    if (byte === quote) at = closingQuote(json, at, end);
    else if (opening.has(byte)) depth += 1;
    else if (closing.has(byte)) {
      depth -= 1;
      if (depth === 0 && at > from) yield { start: from, end: at };
    } else if (byte === comma && depth === 1) {
      yield { start: from, end: at };
      from = at + 1;
    }
  }
}

function closingQuote(json: Buffer, openingAt: number, end: number): number {
  let at = json.indexOf(quote, openingAt + 1);
  while (at > 0 && at < end && isEscaped(json, at)) at = json.indexOf(quote, at + 1);
  return at < 0 ? end : at;
}

function isEscaped(json: Buffer, at: number): boolean {
  let count = 0;
  while (json[at - 1 - count] === backslash) count += 1;
  return count % 2 === 1;
}
