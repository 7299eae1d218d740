import { MalformedResponse, parseHead, type ResponseHead } from './response-head.ts';
import { CR, LF } from './characters.ts';
import { ChunkReader } from './chunk-reader.ts';

/** What is read of one response, in this order. */
export interface ResponseParts {
  onHead(head: ResponseHead): void;
  /** Parts of what was read, not copied. */
  onBody(bytes: Buffer): void;
  /** @param hasMore bytes came that no request has asked for */
  onEnd(hasMore: boolean): void;
}

/** Of all heads of one answer together, interim ones too. */
const mostHeadBytes = 64 * 1024;
const headEnd = '\r\n\r\n';
const versions = ['HTTP/1.1 ', 'HTTP/1.0 '] as const;
const nothing = Buffer.alloc(0);

/** Reads responses from what comes over a connection, one after the other, however it is cut. */
export class ResponseReader {
  readonly #parts: ResponseParts;
  readonly #chunks: ChunkReader;
  #state: 'none' | 'head' | 'length' | 'chunked' | 'until-close' = 'none';
  /** The beginning of a head whose end has not come yet. */
  #begun: Buffer = nothing;
  #headBytes = 0;
  #bytesLeft = 0;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
    this.#chunks = new ChunkReader((bytes) => {
      if (this.#isWanted()) parts.onBody(bytes);
    });
  }

  /** A request was sent: its response comes next. */
  begin(): void {
    this.#state = 'head';
    this.#headBytes = 0;
  }

  /** Nothing more is read: the response is not wanted any more. */
  stop(): void {
    this.#state = 'none';
  }

  /** Throws `MalformedResponse`. */
  read(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && this.#state === 'head') rest = this.#readHead(rest);
    if (rest.length === 0) return;
    if (this.#state === 'length') this.#readLength(rest);
    else if (this.#state === 'chunked') this.#readChunks(rest);
    else if (this.#state === 'until-close') this.#parts.onBody(rest);
  }

  /** The upstream sends nothing more. @returns whether the response is whole */
  readEnd(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#end(false);
    return true;
  }

  /** @returns what follows the head, or nothing while its end has not come */
  #readHead(bytes: Buffer): Buffer {
    const before = this.#begun.length;
    const joined = before === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    const begin = endOfEmptyLines(joined);
    // The end may lie across the place where they were joined.
    const end = joined.indexOf(headEnd, Math.max(begin, before - headEnd.length), 'latin1');
    this.#begun = nothing;
    if (this.#headBytes + (end === -1 ? joined.length : end) > mostHeadBytes)
      throw new MalformedResponse('The head is larger than any that is read.');
    if (end === -1) {
      checkBegun(joined, begin, before);
      this.#begun = joined;
      return nothing;
    }
    this.#headBytes += end;
    const rest = joined.subarray(end + headEnd.length);
    this.#startBody(parseHead(joined.toString('latin1', begin, end)), rest);
    return rest;
  }

  #startBody(head: ResponseHead, rest: Buffer): void {
    const { status, framing } = head;
    if (status === 101) throw new MalformedResponse('The upstream changes to a protocol that was not asked for.');
    if (status < 200) {
      if (!head.keepsOpen) throw new MalformedResponse('The connection closes before the answer.');
      return;
    }
    this.#state = framing.kind;
    if (framing.kind === 'length') this.#bytesLeft = framing.bytes;
    if (framing.kind === 'chunked') this.#chunks.begin();
    this.#parts.onHead(head);
    if (framing.kind === 'length' && framing.bytes === 0 && this.#isWanted()) this.#end(rest.length > 0);
  }

  #readLength(bytes: Buffer): void {
    const body = bytes.length > this.#bytesLeft ? bytes.subarray(0, this.#bytesLeft) : bytes;
    this.#bytesLeft -= body.length;
    this.#parts.onBody(body);
    if (this.#bytesLeft === 0 && this.#isWanted()) this.#end(body.length < bytes.length);
  }

  #readChunks(bytes: Buffer): void {
    const read = this.#chunks.read(bytes);
    if (this.#chunks.isWhole && this.#isWanted()) this.#end(read < bytes.length);
  }

  /** The receiver of a part may have had enough. */
  #isWanted(): boolean {
    return this.#state !== 'none';
  }

  #end(hasMore: boolean): void {
    this.#state = 'none';
    this.#parts.onEnd(hasMore);
  }
}

/** Some servers of old end a response with a line too many, which then comes before the next one (RFC 9112, 2.2). */
function endOfEmptyLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}

/** What speaks another protocol is not waited for. @param from where the bytes begin that have not been looked at */
function checkBegun(bytes: Buffer, begin: number, from: number): void {
  const first = bytes.toString('latin1', begin, begin + versions[0].length);
  if (first !== '\r' && !versions.some((version) => version.startsWith(first)))
    throw new MalformedResponse('What comes is not HTTP/1.1.');
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1))
    if (bytes[at - 1] !== CR) throw new MalformedResponse('A line of the head does not end as lines do.');
}
