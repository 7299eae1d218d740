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
  /** What the reply reports about itself at its top, as JSON text by name: its usage, its model, its service tier. */
  readonly reported: ReadonlyMap<string, string>;
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
  // Only at the top they are the upstream's: other members can hold what the caller or the model has written.
  const wanted: ReadonlySet<string> = new Set([shape.usageMember ?? 'usage', 'model', 'service_tier']);
  const capture = createCapture();
  const reported = new Map<string, string>();
  const levels: Level[] = [];
  let deeper = 0;
  let size = 0;
  let hasRoot = false;
  /** The next string is a member's name. */
  let isName = false;

  function open(isObject: boolean, index: number): void {
    beginReported(index);
    isName = isObject && deeper === 0 && levels.length < deepest;
    if (levels.length < deepest) levels.push(levelIn(levels.at(-1), isObject, shape));
    else deeper += 1;
  }

  function close(chunk: Uint8Array, index: number): void {
    if (deeper > 0) deeper -= 1;
    else levels.pop();
    endReported(chunk, index + 1);
  }

  function beginReported(index: number): void {
    if (levels.length === 1 && wanted.has(levels[0]?.name ?? '')) capture.begin(index);
  }

  function endReported(chunk: Uint8Array, index: number): void {
    const text = levels.length === 1 ? capture.end(chunk, index) : null;
    if (text !== null) reported.set(levels[0]?.name ?? '', text);
  }

  function endString(chunk: Uint8Array, index: number): void {
    const at = levels.at(-1);
    if (at && isName) return endName(at);
    if (at) size += sizeOfString(at, string.head, string.bytes);
    endReported(chunk, index);
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

  function takeStructure(chunk: Uint8Array, index: number): void {
    const byte = chunk[index] ?? 0;
    if (byte === quote) {
      if (!isName) beginReported(index);
      string.begin(isName ? longestName : mediaPrefixLength);
    } else if (byte === openBrace || byte === openBracket) open(byte === openBrace, index);
    else if (byte === closeBrace || byte === closeBracket) close(chunk, index);
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
          if (!string.isOpen) endString(chunk, index);
        } else {
          takeStructure(chunk, index);
          index += 1;
        }
      }
      capture.passOn(chunk);
    },
    get size() {
      const at = levels.at(-1);
      return size + (string.isOpen && at && !isName ? sizeOfString(at, string.head, string.bytes) : 0);
    },
    get hasRoot() {
      return hasRoot;
    },
    reported,
  };
}

/** More than any of them has. */
const longestCapture = 16 * 1024;

/** Keeps the bytes between two positions, which may lie in different chunks. */
function createCapture() {
  const pieces: Uint8Array[] = [];
  let length = 0;
  /** Where it begins in this chunk; -1: nothing is being kept. */
  let from = -1;

  function add(chunk: Uint8Array, to: number): void {
    length += to - from;
    if (length <= longestCapture) pieces.push(chunk.slice(from, to));
  }

  return {
    begin(index: number) {
      pieces.length = 0;
      length = 0;
      from = index;
    },
    /** @returns the text; null where nothing was kept, or too much came */
    end(chunk: Uint8Array, index: number): string | null {
      if (from === -1) return null;
      add(chunk, index);
      from = -1;
      return length > longestCapture ? null : decodeAll(pieces);
    },
    passOn(chunk: Uint8Array) {
      if (from === -1) return;
      add(chunk, chunk.length);
      from = 0;
    },
  };
}

function decodeAll(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
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
