import type { Changing } from '../changing.ts';

const LF = 10;
const CR = 13;
const decoder = new TextDecoder();

export interface SseSplitter {
  /**
   * Takes the next bytes of a stream; returns the events that are now complete, each with its terminating blank line.
   * Once overflowing, returns the bytes it holds and then every chunk as it is.
   */
  push(chunk: Uint8Array): Uint8Array[];
  /** Bytes of an event that is not complete yet. */
  rest(): Uint8Array;
  /** True once an event grew beyond the limit: what `push` returns are no longer events. */
  readonly isOverflowing: boolean;
}

/**
 * Cuts a byte stream into server-sent events. An event that lies in one chunk is returned without copying; the pieces
 * of one that spans several are collected in a buffer. Line ends may be LF, CRLF or CR, and cuts may fall
 * anywhere, even inside a character or a line end.
 */
export function createSseSplitter({ maxEventBytes }: { maxEventBytes: number }): SseSplitter {
  const pending = createGatherer();
  const boundary = createBoundaryFinder();

  function take(piece: Uint8Array): Uint8Array {
    if (pending.length() === 0) return piece;
    pending.add(piece);
    return pending.takeAll();
  }

  const splitter: Changing<SseSplitter> = {
    isOverflowing: false,
    push(chunk) {
      if (splitter.isOverflowing) return [chunk];
      const events: Uint8Array[] = [];
      const mayHaveCr = chunk.includes(CR);
      let start = 0;
      for (let end = boundary.next(chunk, 0, mayHaveCr); end !== -1; end = boundary.next(chunk, end, mayHaveCr)) {
        events.push(take(chunk.subarray(start, end)));
        start = end;
      }
      if (start < chunk.length) pending.add(chunk.subarray(start));
      if (pending.length() > maxEventBytes) {
        splitter.isOverflowing = true;
        events.push(pending.takeAll());
      }
      return events;
    },
    rest: () => pending.view(),
  };
  return splitter;
}

/** Collects pieces in one buffer that doubles: a stream that comes byte by byte costs no more than twice its length. */
function createGatherer() {
  let buffer = new Uint8Array(0);
  let used = 0;
  return {
    length: () => used,
    view: () => buffer.subarray(0, used),
    add(piece: Uint8Array) {
      if (used + piece.length > buffer.length) {
        const larger = new Uint8Array(Math.max(512, 2 * (used + piece.length)));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.set(piece, used);
      used += piece.length;
    },
    takeAll() {
      const whole = buffer.subarray(0, used);
      buffer = new Uint8Array(0);
      used = 0;
      return whole;
    },
  };
}

/** Remembers, across chunks, whether the line just read was empty. */
function createBoundaryFinder() {
  let isLineEmpty = true;
  let hasContent = false;
  let wasCr = false;
  // Found once per chunk and valid until passed, so that no byte is searched twice.
  let searched: Uint8Array | null = null;
  let nextLf = -1;
  let nextCr = -1;

  function endOfLine(chunk: Uint8Array, from: number, mayHaveCr: boolean): number {
    if (searched !== chunk) {
      searched = chunk;
      nextLf = -1;
      nextCr = mayHaveCr ? -1 : chunk.length;
    }
    if (nextLf < from) nextLf = indexOrEnd(chunk, LF, from);
    if (nextCr < from) nextCr = indexOrEnd(chunk, CR, from);
    return Math.min(nextLf, nextCr);
  }

  /** Index after the next blank line at or after `from`; -1 when the chunk ends first. */
  function next(chunk: Uint8Array, from: number, mayHaveCr: boolean): number {
    let index = from;
    while (index < chunk.length) {
      const byte = chunk[index];
      if (byte === LF && wasCr) {
        // The second half of CRLF belongs to the line end already counted.
        wasCr = false;
        index += 1;
        continue;
      }
      wasCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        isLineEmpty = false;
        hasContent = true;
        index = endOfLine(chunk, index + 1, mayHaveCr);
        continue;
      }
      index += 1;
      if (isLineEmpty && hasContent) {
        hasContent = false;
        // Keep CRLF CRLF together: the LF that completes this blank line goes with its event.
        if (wasCr && chunk[index] === LF) {
          wasCr = false;
          index += 1;
        }
        return index;
      }
      isLineEmpty = true;
    }
    searched = null;
    return -1;
  }
  return { next };
}

function indexOrEnd(chunk: Uint8Array, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from);
  return index === -1 ? chunk.length : index;
}

/** More lines than any event has. One with more is not read. */
const maxLines = 10_000;

/**
 * The data of one complete event, as the HTML standard defines it: its lines joined by LF; empty when it has none (a
 * comment, a bare id).
 */
export function readSseData(bytes: Uint8Array): string {
  return readSseDataOfText(decoder.decode(bytes));
}

const namePrefix = 'event: ';
const dataPrefix = 'data: ';

/** The same for its text. Nearly all events are one line of data, with or without a name before it. */
export function readSseDataOfText(text: string): string {
  const start = text.startsWith(namePrefix) ? text.indexOf('\n') + 1 : 0;
  const end = text.startsWith(dataPrefix, start) ? text.indexOf('\n', start) : -1;
  const isSimple =
    end !== -1 && (end === text.length - 1 || (end === text.length - 2 && text.endsWith('\n'))) && !text.includes('\r');
  return isSimple ? text.slice(start + dataPrefix.length, end) : readSseLines(text);
}

function readSseLines(text: string): string {
  const lines = text.split(/\r\n|\n|\r/, maxLines + 1);
  if (lines.length > maxLines) return '';
  const data = lines.flatMap((line) => {
    if (line === 'data') return [''];
    if (!line.startsWith('data:')) return [];
    return [line.slice(line[dataPrefix.length - 1] === ' ' ? dataPrefix.length : dataPrefix.length - 1)];
  });
  return data.join('\n');
}
