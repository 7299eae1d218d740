const LF = 10;
const CR = 13;
const decoder = new TextDecoder();

export interface SseSplitter {
  /** Takes the next bytes of a stream; returns the events that are now complete, each with its terminating blank line. */
  push(chunk: Uint8Array): Uint8Array[];
  /** Bytes of an event that is not complete yet. */
  rest(): Uint8Array;
  /** True once an event grew beyond the limit: from then on `push` returns nothing. */
  readonly isOverflowing: boolean;
}

/**
 * Cuts a byte stream into server-sent events without copying more than the piece of an event that spans two chunks.
 * Line ends may be LF, CRLF or CR, and cuts may fall anywhere, inside a character or a line end too.
 */
export function createSseSplitter({ maxEventBytes }: { maxEventBytes: number }): SseSplitter {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let isOverflowing = false;
  const boundary = createBoundaryFinder();

  function take(chunk: Uint8Array, from: number, to: number): Uint8Array {
    const piece = chunk.subarray(from, to);
    if (pendingBytes === 0) return piece;
    const event = concatBytes([...pending, piece], pendingBytes + piece.length);
    pending = [];
    pendingBytes = 0;
    return event;
  }

  return {
    push(chunk) {
      const events: Uint8Array[] = [];
      if (isOverflowing) return events;
      let start = 0;
      for (let end = boundary.next(chunk, 0); end !== -1; end = boundary.next(chunk, end)) {
        events.push(take(chunk, start, end));
        start = end;
      }
      if (start < chunk.length) {
        pending.push(chunk.subarray(start));
        pendingBytes += chunk.length - start;
      }
      if (pendingBytes > maxEventBytes) {
        isOverflowing = true;
        pending = [];
        pendingBytes = 0;
      }
      return events;
    },
    rest: () => concatBytes(pending, pendingBytes),
    get isOverflowing() {
      return isOverflowing;
    },
  };
}

/** Remembers, across chunks, whether the line just read was empty. */
function createBoundaryFinder() {
  let isLineEmpty = true;
  let hasContent = false;
  let wasCr = false;

  /** Index just behind the next blank line at or after `from`; -1 when the chunk ends first. */
  function next(chunk: Uint8Array, from: number): number {
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
        index = endOfLine(chunk, index + 1);
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
    return -1;
  }
  return { next };
}

function endOfLine(chunk: Uint8Array, from: number): number {
  const lf = chunk.indexOf(LF, from);
  const end = lf === -1 ? chunk.length : lf;
  // CR-only line ends are rare: look for one only within this line.
  const cr = chunk.subarray(from, end).indexOf(CR);
  return cr === -1 ? end : from + cr;
}

export function concatBytes(parts: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const whole = new Uint8Array(totalBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export interface SseEvent {
  event: string | null;
  /** The `data:` lines joined by LF; empty when there were none (a comment, a bare id). */
  data: string;
  id: string | null;
}

/** Reads one complete event as the HTML standard says. */
export function readSseEvent(bytes: Uint8Array): SseEvent {
  const data: string[] = [];
  let event: string | null = null;
  let id: string | null = null;
  for (const line of decoder.decode(bytes).split(/\r\n|\n|\r/)) {
    if (line === '' || line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return { event, data: data.join('\n'), id };
}
