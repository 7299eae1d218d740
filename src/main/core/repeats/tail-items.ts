import { parseJson } from '#shared/dialects/json-value.ts';
import type { JsonSpan } from '#proxy/body/json-span.ts';

/** A loop shows in the last turns of a conversation; longer tails are not examined. */
const mostItems = 48;
const mostBytes = 128 * 1024;

const quoteByte = 0x22;
const [backslash, openBrace, closeBrace, openBracket, closeBracket] = [...'\\{}[]'].map((character) =>
  character.charCodeAt(0),
);

/**
 * The last items of a list in valid JSON, in their order: read from its end, so that a long conversation costs no more
 * than a short one.
 * @param most how many, at most 48
 */
export function tailItems(json: Buffer, { start, end }: JsonSpan, most = mostItems): unknown[] {
  if (json[start] !== openBracket) return [];
  const items: unknown[] = [];
  let depth = 0;
  let itemEnd = 0;
  const least = Math.max(start, end - mostBytes);
  for (let at = end - 2; at > least && items.length < Math.min(most, mostItems); at -= 1) {
    const byte = json[at];
    if (byte === quoteByte) at = openingQuote(json, at, least);
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) itemEnd = at + 1;
      depth += 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth -= 1;
      if (depth === 0) items.push(parseJson(json.toString('utf8', at, itemEnd)));
    }
  }
  return items.toReversed();
}

/** The quote that begins the text which this one ends; `least` where it begins before that. */
function openingQuote(json: Buffer, closing: number, least: number): number {
  const looked = json.subarray(least, closing);
  let at = looked.lastIndexOf(quoteByte);
  while (at > 0 && isEscaped(looked, at)) at = looked.lastIndexOf(quoteByte, at - 1);
  return least + Math.max(at, 0);
}

function isEscaped(looked: Buffer, at: number): boolean {
  let count = 0;
  while (looked[at - 1 - count] === backslash) count += 1;
  return count % 2 === 1;
}
