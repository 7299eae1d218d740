import type { JsonObject } from './json-value.ts';
import { createMemberNotice, type Level, type MemberNotice } from './notice-members.ts';
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
  /** The kinds of the items of its output, in dialects that count some of them beside tokens. */
  readonly items: readonly JsonObject[];
}

const [quote, colon, comma, openBrace, closeBrace, openBracket, closeBracket, space] = [
  34, 58, 44, 123, 125, 91, 93, 32,
];
const longestName = 64;
/** Deeper levels are read as the one at this depth. */
const deepest = 256;

/** One pass over the bytes, in memory that does not grow with them. */
export function createByteMeter(shape: ReplyShape): ByteMeter {
  return new Meter(shape);
}

class Meter implements ByteMeter {
  private readonly shape: ReplyShape;
  private readonly string = createStringMeter();
  private readonly notice: MemberNotice;
  private readonly levels: Level[] = [];
  private deeper = 0;
  private measured = 0;
  /** The next string is a member's name. */
  private isName = false;
  hasRoot = false;

  constructor(shape: ReplyShape) {
    this.shape = shape;
    this.notice = createMemberNotice(shape, this.levels);
  }

  get size(): number {
    const { string } = this;
    const at = this.levels.at(-1);
    return this.measured + (string.isOpen && at && !this.isName ? sizeOfString(at, string.head, string.bytes) : 0);
  }

  get reported(): ReadonlyMap<string, string> {
    return this.notice.reported;
  }

  get items(): readonly JsonObject[] {
    return this.notice.items;
  }

  push(chunk: Uint8Array): void {
    // It is certain that something was delivered.
    if (this.shape.isUncounted && this.measured > 0) return;
    const { string } = this;
    let index = 0;
    while (index < chunk.length) {
      if (string.isOpen) {
        index = string.read(chunk, index);
        if (!string.isOpen) this.endString(chunk, index);
      } else {
        this.takeStructure(chunk, index);
        index += 1;
      }
    }
    this.notice.passOn(chunk);
  }

  private takeStructure(chunk: Uint8Array, index: number): void {
    const byte = chunk[index] ?? 0;
    if (byte === quote) {
      if (!this.isName) this.notice.begin(index);
      this.string.begin(this.isName || this.notice.isInItem() ? longestName : mediaPrefixLength);
    } else if (byte === openBrace || byte === openBracket) this.open(byte === openBrace, index);
    else if (byte === closeBrace || byte === closeBracket) this.close(chunk, index);
    else if (byte === colon) {
      this.isName = false;
      this.notice.begin(index + 1);
    } else if (byte === comma) {
      this.isName = this.deeper === 0 && (this.levels.at(-1)?.isObject ?? false);
      this.notice.end(chunk, index);
    } else if (byte > space && this.levels.at(-1)?.isAllSaid) this.measured += 1;
  }

  private open(isObject: boolean, index: number): void {
    const { levels } = this;
    this.notice.begin(index);
    this.notice.open(isObject);
    this.isName = isObject && this.deeper === 0 && levels.length < deepest;
    if (levels.length < deepest) levels.push(levelIn(levels.at(-1), isObject, this.shape));
    else this.deeper += 1;
  }

  private close(chunk: Uint8Array, index: number): void {
    if (this.deeper > 0) {
      this.deeper -= 1;
      return;
    }
    // A number, true or false ends where its object does.
    this.notice.end(chunk, index);
    this.notice.close();
    this.levels.pop();
    this.notice.end(chunk, index + 1);
  }

  private endString(chunk: Uint8Array, index: number): void {
    const { string } = this;
    const at = this.levels.at(-1);
    if (at && this.isName) return this.endName(at);
    if (at) {
      this.measured += sizeOfString(at, string.head, string.bytes);
      this.notice.text(at, string.head);
    }
    this.notice.end(chunk, index);
  }

  private endName(at: Level): void {
    const { levels, shape, string } = this;
    at.name = string.head;
    if (at.isAllSaid) this.measured += string.bytes;
    else if (levels.length > 1) at.isCounted = (levels.at(-2)?.isCounted ?? false) && !shape.framing.has(at.name);
    else {
      at.isCounted = shape.roots.has(at.name);
      this.hasRoot ||= at.isCounted;
    }
  }
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
