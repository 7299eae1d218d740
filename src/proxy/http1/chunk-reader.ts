import type { IncomingHttpHeaders } from 'node:http';
import { CR, isText, LF } from './characters.ts';
import { MalformedResponse, readHeader } from './response-head.ts';

const SEMICOLON = 0x3b;
/** Of a chunk's size, so that it stays an exact number. */
const mostDigits = 12;
/** Of the extensions of a chunk, and of all trailers: what no reader of a body asks for. */
const mostOtherBytes = 64 * 1024;

type Expected =
  | 'size'
  | 'extension'
  | 'end of size'
  | 'data'
  | 'end of data'
  | 'line feed after data'
  | 'trailer or end'
  | 'trailer'
  | 'line feed after trailer'
  | 'last line feed'
  | 'nothing';

/** Reads a chunked body (RFC 9112, 7.1), whatever it is cut into. Extensions and trailers are skipped. */
export class ChunkReader {
  readonly #onData: (data: Buffer) => void;
  #expected: Expected = 'nothing';
  #digits = 0;
  #bytesLeft = 0;
  #otherBytes = 0;
  #trailer = '';

  constructor(onData: (data: Buffer) => void) {
    this.#onData = onData;
  }

  begin(): void {
    this.#trailer = '';
    this.#startSize();
  }

  get isWhole(): boolean {
    return this.#expected === 'nothing';
  }

  /** @returns how many bytes belong to the body. Throws `MalformedResponse`. */
  read(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#expected !== 'nothing') {
      if (this.#expected === 'data') {
        at = this.#readData(bytes, at);
      } else {
        this.#expected = this.#next(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #readData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#bytesLeft);
    this.#bytesLeft -= end - at;
    if (this.#bytesLeft === 0) this.#expected = 'end of data';
    this.#onData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    return end;
  }

  #next(byte: number): Expected {
    switch (this.#expected) {
      case 'size':
        return this.#nextOfSize(byte);
      case 'extension':
        return byte === CR ? 'end of size' : this.#skip(byte, 'extension');
      case 'end of size':
        only(byte, LF);
        return this.#bytesLeft > 0 ? 'data' : 'trailer or end';
      case 'end of data':
        only(byte, CR);
        return 'line feed after data';
      case 'line feed after data':
        only(byte, LF);
        this.#startSize();
        return 'size';
      case 'trailer or end':
        return byte === CR ? 'last line feed' : this.#addToTrailer(byte);
      case 'trailer':
        return byte === CR ? 'line feed after trailer' : this.#addToTrailer(byte);
      case 'line feed after trailer':
        only(byte, LF);
        checkTrailer(this.#trailer);
        this.#trailer = '';
        return 'trailer or end';
      case 'last line feed':
        only(byte, LF);
        return 'nothing';
      case 'data':
      case 'nothing':
        return this.#expected;
    }
  }

  #startSize(): void {
    this.#expected = 'size';
    this.#digits = 0;
    this.#bytesLeft = 0;
    this.#otherBytes = 0;
  }

  #nextOfSize(byte: number): Expected {
    if (this.#digits > 0 && byte === CR) return 'end of size';
    if (this.#digits > 0 && byte === SEMICOLON) return 'extension';
    const digit = digitOf(byte);
    this.#digits += 1;
    if (digit === -1 || this.#digits > mostDigits) throw new MalformedResponse('The size of a chunk is no number.');
    this.#bytesLeft = this.#bytesLeft * 16 + digit;
    return 'size';
  }

  #addToTrailer(byte: number): Expected {
    this.#trailer += String.fromCharCode(byte);
    return this.#skip(byte, 'trailer');
  }

  #skip(byte: number, next: Expected): Expected {
    this.#otherBytes += 1;
    if (!isText(byte) || this.#otherBytes > mostOtherBytes)
      throw new MalformedResponse('A chunk or a trailer has more beside it than is read.');
    return next;
  }
}

/** A trailer cannot say where the body ends, which is known by then. */
function checkTrailer(line: string): void {
  const trailer: IncomingHttpHeaders = {};
  readHeader(line, 0, trailer);
  if (trailer['content-length'] !== undefined || trailer['transfer-encoding'] !== undefined)
    throw new MalformedResponse('A trailer gives the body another length.');
}

function only(byte: number, expected: number): void {
  if (byte !== expected) throw new MalformedResponse('A chunk does not end where its size says.');
}

/** The value of a hexadecimal digit; -1: it is none. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
