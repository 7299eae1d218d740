import type { JsonObject } from './json-value.ts';

/**
 * The size of a reply's content, in bytes of text. Everything counts except known packaging: an unknown member counts,
 * so that a provider's new kind of output is estimated too high rather than given away.
 */

const bytesPerToken = 4;
/** Pictures and sound cost a token per 500 of their bytes, as in a request. */
const mediaBytesPerTextByte = 125;

/** Which part of a dialect's replies is output. */
export interface ReplyShape {
  /** The members of a whole reply that hold the model's output. */
  roots: ReadonlySet<string>;
  /** Members that are packaging wherever they stand: ids, kinds, states, and repetitions. */
  framing: ReadonlySet<string>;
  /** The output is no text with a token count: anything below the roots only shows that something was delivered. */
  isUncounted?: boolean;
  /** The member that reports usage. Absent: `usage`. */
  usageMember?: string;
  /** The list of items of which some are counted beside tokens, by their kind. */
  itemsIn?: string;
}

export function tokensOf(size: number): number {
  return Math.ceil(size / bytesPerToken);
}

/** The length in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair is half of four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

const mediaNames: ReadonlySet<string> = new Set(['b64_json', 'partial_image_b64']);
const mediaOwners: ReadonlySet<string> = new Set(['audio', 'source', 'input_audio', 'inline_data', 'inlineData']);
const mediaUrl = /^data:(image|audio|video)\//;
/** How much of a text is needed to recognise its kind. */
export const mediaPrefixLength = 11;
/** A picture that a tool made stands in its call's `result`; text results are shorter. */
const longResultBytes = 4096;

/** Whether a text is a picture or sound, decided by its position. */
export function isMedia(owner: string, name: string, prefix: string, bytes: number): boolean {
  switch (name) {
    case 'data':
      return mediaOwners.has(owner);
    case 'url':
    case 'image_url':
      return mediaUrl.test(prefix);
    case 'result':
      return bytes >= longResultBytes;
    default:
      return mediaNames.has(name);
  }
}

export function sizeOfMedia(bytes: number): number {
  return bytes / mediaBytesPerTextByte;
}

/** Tool arguments may be an object instead of text: then all of it is output, names and numbers too. */
export function isSaidAsObject(name: string): boolean {
  return name === 'arguments' || name === 'input' || name === 'args';
}

/** An object or list that is still to be measured. */
interface Place {
  value: object;
  /** The member that contains it, directly or through a list. */
  name: string;
  isAllSaid: boolean;
}

/** The size of a value that stands under `name`, however deep it is. */
export function sizeOf(value: unknown, framing: ReadonlySet<string>, name = ''): number {
  if (typeof value === 'string') return sizeOfText(value, '', name);
  if (typeof value !== 'object' || value === null) return 0;
  const open: Place[] = [{ value, name, isAllSaid: isSaidAsObject(name) && !Array.isArray(value) }];
  let size = 0;
  for (let place = open.pop(); place; place = open.pop()) size += sizeOfMembers(place, framing, open);
  return size;
}

function sizeOfMembers({ value, name, isAllSaid }: Place, framing: ReadonlySet<string>, open: Place[]): number {
  if (!Array.isArray(value)) return sizeOfObject(value as JsonObject, name, isAllSaid, framing, open);
  let size = 0;
  for (const item of value) {
    if (typeof item === 'object' && item !== null) open.push({ value: item, name, isAllSaid });
    else size += sizeOfScalar(item, '', name, isAllSaid);
  }
  return size;
}

function sizeOfObject(
  value: JsonObject,
  owner: string,
  isAllSaid: boolean,
  framing: ReadonlySet<string>,
  open: Place[],
): number {
  let size = 0;
  for (const name in value) {
    const member = value[name];
    if (isAllSaid) size += utf8Length(name);
    else if (framing.has(name)) continue;
    if (typeof member === 'object' && member !== null) {
      open.push({ value: member, name, isAllSaid: isAllSaid || (isSaidAsObject(name) && !Array.isArray(member)) });
    } else size += sizeOfScalar(member, owner, name, isAllSaid);
  }
  return size;
}

function sizeOfScalar(value: unknown, owner: string, name: string, isAllSaid: boolean): number {
  if (typeof value === 'string') return isAllSaid ? utf8Length(value) : sizeOfText(value, owner, name);
  return isAllSaid ? String(value).length : 0;
}

function sizeOfText(text: string, owner: string, name: string): number {
  const bytes = utf8Length(text);
  return isMedia(owner, name, text, bytes) ? sizeOfMedia(bytes) : bytes;
}

/** The size of a whole reply's content. */
export function sizeOfReply(reply: JsonObject, { roots, framing }: ReplyShape): number {
  let size = 0;
  for (const name in reply) if (roots.has(name)) size += sizeOf(reply[name], framing, name);
  return size;
}

/** Measures a stream's events as they come. */
export interface OutputMeter {
  /** The new content of an event. */
  take(event: JsonObject): number;
}

/** For a dialect whose streams have no content. */
export const silentMeter: OutputMeter = { take: () => 0 };
export const silentShape: ReplyShape = { roots: new Set(), framing: new Set() };
