import { CorvusError } from '#shared/errors.ts';
import { type Media, scanMedia } from './embedded-media.ts';

const maxDepth = 256;
const maxNodes = 200_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

export interface JsonSpan {
  start: number;
  end: number;
}

export interface JsonScan {
  /** Where the values of the wanted top-level members stand. */
  members: ReadonlyMap<string, JsonSpan>;
  media: Media;
}

/**
 * One pass over a JSON object's bytes, before anything parses it: bounds its depth and size, and finds the few members
 * that Corvus reads. Strings are skipped at memory speed, so a 30 MB picture costs next to nothing.
 * Throws `invalid_json` (not an object, unbalanced) or `json_too_complex`.
 */
export function scanJson(body: Buffer, wanted: ReadonlySet<string>): JsonScan {
  const members = new Map<string, JsonSpan>();
  let depth = 0;
  let nodes = 0;
  const media = scanMedia(body);
  let member: string | null = null;
  let memberStart = 0;
  let lastString: JsonSpan | null = null;

  const closeMember = (end: number) => {
    if (member !== null && wanted.has(member)) {
      // Parsers disagree on which of two counts; what is metered must be what is served.
      if (members.has(member))
        throw new CorvusError('bad_request', `The member "${member}" stands twice in the request body.`, { param: member });
      members.set(member, { start: memberStart, end });
    }
    member = null;
  };

  for (let index = 0; index < body.length; index += 1) {
    switch (body[index]) {
      case quote: {
        const end = endOfString(body, index);
        lastString = { start: index, end };
        media.value(lastString);
        index = end - 1;
        break;
      }
      case openBrace:
      case openBracket:
        depth += 1;
        nodes += 1;
        media.open();
        if (depth === 1 && body[index] === openBracket) throw new CorvusError('invalid_json', 'The request body must be a JSON object.');
        break;
      case closeBrace:
      case closeBracket:
        if (depth === 1) closeMember(index);
        depth -= 1;
        media.close();
        if (depth < 0) throw new CorvusError('invalid_json');
        break;
      case comma:
        nodes += 1;
        media.comma();
        if (depth === 1) closeMember(index);
        break;
      case colon:
        if (lastString) media.key(lastString);
        if (depth === 1 && member === null && lastString) {
          member = nameOf(body, lastString);
          memberStart = index + 1;
        }
        break;
      default:
    }
    if (depth > maxDepth || nodes > maxNodes) throw new CorvusError('json_too_complex');
  }
  if (depth !== 0 || nodes === 0) throw new CorvusError('invalid_json');
  return { members, media: media.found };
}

const longestName = 64;

/** A member's name as a lenient parser understands it: escapes resolved, and some match it whatever its case. */
function nameOf(body: Buffer, { start, end }: JsonSpan): string {
  if (end - start > longestName * 6) return '';
  const text = body.toString('utf8', start, end);
  if (!text.includes('\\')) return text.slice(1, -1).toLowerCase();
  try {
    return String(JSON.parse(text)).toLowerCase();
  } catch {
    throw new CorvusError('invalid_json');
  }
}

/** Index just behind the closing quote of the string that opens at `start`. */
function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(quote, start + 1);
  while (end !== -1 && isEscaped(body, end)) end = body.indexOf(quote, end + 1);
  if (end === -1) throw new CorvusError('invalid_json');
  return end + 1;
}

function isEscaped(body: Buffer, index: number): boolean {
  let slashes = 0;
  while (body[index - 1 - slashes] === backslash) slashes += 1;
  return slashes % 2 === 1;
}
