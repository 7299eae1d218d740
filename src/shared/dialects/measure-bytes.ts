import { isMedia, isSaidAsObject, mediaPrefixLength, type ReplyShape, sizeOfMedia } from './output-size.ts';

/** Measures the output in a whole reply from its bytes as they pass: of one too large to be parsed, or that breaks off. */
export interface ByteMeter {
  push(chunk: Uint8Array): void;
  /** As `sizeOfReply` would have it, for as much as has passed. */
  readonly size: number;
  /** A member that holds output was seen. */
  readonly hasRoot: boolean;
}

/** An object or list that is open. */
interface Level {
  isObject: boolean;
  /** The member that this stands under, of an object or of a list in it. */
  owner: string;
  /** The member that comes next or is being read. */
  name: string;
  isCounted: boolean;
  isAllSaid: boolean;
}

const [quote, backslash, colon, comma, openBrace, closeBrace, openBracket, closeBracket, letterU] = [34, 92, 58, 44, 123, 125, 91, 93, 117];
const longestName = 64;
/** Deeper levels are read as the one at this depth. */
const deepest = 256;

/** One pass over the bytes, in memory that does not grow with them. */
export function createByteMeter({ roots, framing, isUncounted = false }: ReplyShape): ByteMeter {
  const levels: Level[] = [];
  let deeper = 0;
  let size = 0;
  let hasRoot = false;
  /** The string that is being read: where it stands and what is known of it. */
  let isInString = false;
  let isName = false;
  let stringBytes = 0;
  let head = '';
  let escape: number | null = null;
  let escaped = '';

  const level = (): Level | undefined => levels.at(-1);
  const headLimit = () => (isName ? longestName : mediaPrefixLength);

  function open(isObject: boolean): void {
    if (levels.length >= deepest) {
      deeper += 1;
      return;
    }
    const above = level();
    const owner = above?.name ?? '';
    const isSaid = isUncounted || (isObject && (above?.isObject ?? false) && isSaidAsObject(owner));
    const isAllSaid = above !== undefined && (above.isAllSaid || (above.isCounted && isSaid));
    levels.push({ isObject, owner, name: isObject ? '' : owner, isCounted: above?.isCounted ?? false, isAllSaid });
    if (isObject) isName = true;
  }

  function close(): void {
    if (deeper > 0) deeper -= 1;
    else levels.pop();
  }

  function endName(at: Level): void {
    at.name = head;
    if (at.isAllSaid) size += stringBytes;
    else if (levels.length === 1) at.isCounted = roots.has(head);
    else at.isCounted = isCountedAbove() && !framing.has(head);
    hasRoot ||= levels.length === 1 && at.isCounted;
  }

  const isCountedAbove = (): boolean => {
    const above = levels.at(-2);
    return above !== undefined && above.isCounted;
  };

  function sizeOfString(at: Level): number {
    if (!at.isCounted) return 0;
    const owner = at.isObject ? at.owner : '';
    return !at.isAllSaid && isMedia(owner, at.name, head, stringBytes) ? sizeOfMedia(stringBytes) : stringBytes;
  }

  function endString(): void {
    isInString = false;
    const at = level();
    if (!at) return;
    if (isName && at.isObject) endName(at);
    else size += sizeOfString(at);
  }

  function takeText(chunk: Uint8Array, from: number, to: number): void {
    stringBytes += to - from;
    for (let index = from; index < to && head.length < headLimit(); index += 1) head += String.fromCharCode(chunk[index] ?? 0);
  }

  /** One byte of an escape sequence. */
  function takeEscape(byte: number): void {
    if (escape === 0 && byte !== letterU) {
      stringBytes += 1;
      if (head.length < headLimit()) head += byte === 47 ? '/' : '?';
      escape = null;
      return;
    }
    if (escape !== null && escape > 0) escaped += String.fromCharCode(byte);
    escape = (escape ?? 0) + 1;
    if (escape <= 4) return;
    const unit = Number.parseInt(escaped, 16);
    stringBytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
    if (head.length < headLimit()) head += String.fromCharCode(unit);
    escaped = '';
    escape = null;
  }

  /** @returns where the string's part in this chunk ends */
  function readString(chunk: Uint8Array, from: number): number {
    let index = from;
    while (index < chunk.length) {
      if (escape !== null) {
        takeEscape(chunk[index] ?? 0);
        index += 1;
        continue;
      }
      const start = index;
      while (index < chunk.length && chunk[index] !== quote && chunk[index] !== backslash) index += 1;
      takeText(chunk, start, index);
      if (index === chunk.length) return index;
      if (chunk[index] === quote) {
        endString();
        return index + 1;
      }
      escape = 0;
      index += 1;
    }
    return index;
  }

  function takeStructure(byte: number): void {
    switch (byte) {
      case quote:
        isInString = true;
        stringBytes = 0;
        head = '';
        break;
      case openBrace:
      case openBracket:
        open(byte === openBrace);
        break;
      case closeBrace:
      case closeBracket:
        close();
        break;
      case colon:
        isName = false;
        break;
      case comma:
        isName = deeper === 0 && (level()?.isObject ?? false);
        break;
      default:
        if (byte > 32 && level()?.isAllSaid) size += 1;
    }
  }

  return {
    push(chunk) {
      let index = 0;
      while (index < chunk.length) {
        if (isInString) index = readString(chunk, index);
        else {
          takeStructure(chunk[index] ?? 0);
          index += 1;
        }
      }
    },
    get size() {
      const at = level();
      return size + (isInString && at && !(isName && at.isObject) ? sizeOfString(at) : 0);
    },
    get hasRoot() {
      return hasRoot;
    },
  };
}
