import { createStringMeter } from './measure-string.ts';
import { isMedia, isSaidAsObject, mediaPrefixLength, type ReplyShape, sizeOfMedia } from './output-size.ts';

/**
 * Measures the output in a whole reply from its bytes as they pass: of one too large to be parsed, or that breaks off.
 */
export interface ByteMeter {
  push(chunk: Uint8Array): void;
  /** What `sizeOfReply` would return for the bytes so far. */
  readonly size: number;
  /** A member that holds output was seen. */
  readonly hasRoot: boolean;
}

/** An object or list that is open. */
interface Level {
  isObject: boolean;
  /** The member that contains this value, directly or through a list. */
  owner: string;
  /** The member that comes next or is being read. */
  name: string;
  isCounted: boolean;
  isAllSaid: boolean;
}

const [quote, colon, comma, openBrace, closeBrace, openBracket, closeBracket, space] = [
  34, 58, 44, 123, 125, 91, 93, 32,
];
const longestName = 64;
/** Deeper levels are read as the one at this depth. */
const deepest = 256;

/** One pass over the bytes, in memory that does not grow with them. */
export function createByteMeter(shape: ReplyShape): ByteMeter {
  const string = createStringMeter();
  const levels: Level[] = [];
  let deeper = 0;
  let size = 0;
  let hasRoot = false;
  /** The next string is a member's name. */
  let isName = false;

  function open(isObject: boolean): void {
    isName = isObject && deeper === 0 && levels.length < deepest;
    if (levels.length < deepest) levels.push(levelIn(levels.at(-1), isObject, shape));
    else deeper += 1;
  }

  function close(): void {
    if (deeper > 0) deeper -= 1;
    else levels.pop();
  }

  function endString(): void {
    const at = levels.at(-1);
    if (at && isName) endName(at);
    else if (at) size += sizeOfString(at, string.head, string.bytes);
  }

  function endName(at: Level): void {
    at.name = string.head;
    if (at.isAllSaid) size += string.bytes;
    else if (levels.length > 1) at.isCounted = (levels.at(-2)?.isCounted ?? false) && !shape.framing.has(at.name);
    else {
      at.isCounted = shape.roots.has(at.name);
      hasRoot ||= at.isCounted;
    }
  }

  function takeStructure(byte: number): void {
    if (byte === quote) string.begin(isName ? longestName : mediaPrefixLength);
    else if (byte === openBrace || byte === openBracket) open(byte === openBrace);
    else if (byte === closeBrace || byte === closeBracket) close();
    else if (byte === colon) isName = false;
    else if (byte === comma) isName = deeper === 0 && (levels.at(-1)?.isObject ?? false);
    else if (byte > space && levels.at(-1)?.isAllSaid) size += 1;
  }

  return {
    push(chunk) {
      // It is certain that something was delivered.
      if (shape.isUncounted && size > 0) return;
      let index = 0;
      while (index < chunk.length) {
        if (string.isOpen) {
          index = string.read(chunk, index);
          if (!string.isOpen) endString();
        } else {
          takeStructure(chunk[index] ?? 0);
          index += 1;
        }
      }
    },
    get size() {
      const at = levels.at(-1);
      return size + (string.isOpen && at && !isName ? sizeOfString(at, string.head, string.bytes) : 0);
    },
    get hasRoot() {
      return hasRoot;
    },
  };
}

function levelIn(above: Level | undefined, isObject: boolean, { isUncounted = false }: ReplyShape): Level {
  const owner = above?.name ?? '';
  const isSaid = isUncounted || (isObject && (above?.isObject ?? false) && isSaidAsObject(owner));
  const isCounted = above?.isCounted ?? false;
  const isAllSaid = above !== undefined && (above.isAllSaid || (isCounted && isSaid));
  return { isObject, owner, name: isObject ? '' : owner, isCounted, isAllSaid };
}

function sizeOfString(at: Level, head: string, bytes: number): number {
  if (!at.isCounted) return 0;
  const owner = at.isObject ? at.owner : '';
  return !at.isAllSaid && isMedia(owner, at.name, head, bytes) ? sizeOfMedia(bytes) : bytes;
}
