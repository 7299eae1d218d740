import type { IncomingHttpHeaders } from 'node:http';
import { indexOfCutEscape, indexOfEscape, longestEscape, mayEndEscape, unescape } from '../body/character-escapes.ts';
import { credentialsIn, isWorthMasking, needlesOf } from './credential-needles.ts';
import { createNeedleFinder, type NeedleFinder } from './find-needles.ts';
import type { UpstreamReply } from './upstream-reply.ts';

const asterisk = 0x2a;

/**
 * Masks a body that comes in pieces. Passes each on at once, except an ending that could be the beginning of the
 * credential.
 */
export interface MaskStream {
  push(chunk: Buffer): Buffer;
  /** The bytes that were kept back, once no more come. */
  flush(): Buffer;
}

/**
 * Masks a credential in everything that comes back from where it was sent. Each of its bytes becomes an asterisk, so
 * that lengths stay right and JSON stays JSON; every other byte is unchanged.
 */
export interface CredentialMask {
  stream(): MaskStream;
  text(text: string): string;
  headers(headers: IncomingHttpHeaders): IncomingHttpHeaders;
}

const masks = new Map<string, CredentialMask>();
/** Making a mask costs more than using it, and a service has few credentials, so masks are cached. */
const mostMasks = 64;

/** The mask for the credentials of a request; null when it has none. */
export function credentialMask(headers: Readonly<Record<string, string>>, path: string): CredentialMask | null {
  return maskOf(credentialsIn(headers, path));
}

/** The mask for these credentials; null when none is worth masking. */
export function maskOf(named: readonly string[]): CredentialMask | null {
  const secrets = named.filter(isWorthMasking);
  if (secrets.length === 0) return null;
  const key = secrets.join('\n');
  const known = masks.get(key);
  if (known) return known;
  const [oldest] = masks.keys();
  if (oldest !== undefined && masks.size >= mostMasks) masks.delete(oldest);
  const made = createMask(createNeedleFinder(secrets.flatMap(needlesOf)));
  masks.set(key, made);
  return made;
}

function createMask(finder: NeedleFinder): CredentialMask {
  const whole = (bytes: Buffer): Buffer => masked(bytes, spansIn(finder, bytes));
  const text = (value: string, encoding: 'utf8' | 'latin1'): string => {
    const bytes = Buffer.from(value, encoding);
    const clean = whole(bytes);
    return clean === bytes ? value : clean.toString(encoding);
  };
  return {
    stream: () => createStream(finder),
    text: (value) => text(value, 'utf8'),
    headers: (headers) => maskHeaders(headers, (value) => text(value, 'latin1')),
  };
}

function maskHeaders(headers: IncomingHttpHeaders, mask: (text: string) => string): IncomingHttpHeaders {
  const all = Object.entries(headers).flat(2).join('\n');
  if (mask(all) === all) return headers;
  const clean: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    // A masked header name would be useless, so the header is dropped.
    if (mask(name) !== name || value === undefined) continue;
    clean[name] = Array.isArray(value) ? value.map(mask) : mask(value);
  }
  return clean;
}

const nothing = Buffer.alloc(0);

function createStream(finder: NeedleFinder): MaskStream {
  let stored = nothing;
  /** How many bytes at the beginning of `stored` are known to belong to a credential. */
  let keptMasked = 0;

  return {
    push(chunk) {
      const bytes = stored.length === 0 ? chunk : Buffer.concat([stored, chunk]);
      const openFrom = openEnd(finder, bytes);
      const spans = spansIn(finder, bytes);
      if (keptMasked > 0) spans.push([0, keptMasked]);
      // A run that begins in what is stored is found again; one that began before would not be.
      keptMasked = Math.max(0, keptMasked - openFrom);
      for (const [start, end] of spans) if (start < openFrom) keptMasked = Math.max(keptMasked, end - openFrom);
      stored = openFrom === bytes.length ? nothing : Buffer.from(bytes.subarray(openFrom));
      return masked(bytes, spans).subarray(0, openFrom);
    },
    flush() {
      const spans = spansIn(finder, stored);
      if (keptMasked > 0) spans.push([0, keptMasked]);
      const rest = masked(stored, spans);
      stored = nothing;
      keptMasked = 0;
      return rest;
    },
  };
}

type Span = [start: number, end: number];

/** The same bytes where nothing is to be masked; else a copy. */
function masked(bytes: Buffer, spans: readonly Span[]): Buffer {
  if (spans.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  for (const [start, end] of spans) copy.fill(asterisk, start, end);
  return copy;
}

function spansIn(finder: NeedleFinder, bytes: Buffer): Span[] {
  const spans: Span[] = [];
  finder.find(bytes, bytes.length, (from, to) => spans.push([from, to]));
  const escape = indexOfEscape(bytes);
  if (escape === -1) return spans;
  const { plain, places } = unescape(bytes, Math.max(0, escape - finder.longest), bytes.length);
  finder.find(plain, plain.length, (from, to) => spans.push([places[from] ?? 0, places[to] ?? bytes.length]));
  return spans;
}

/**
 * Where the ending begins that may be the beginning of a credential. Every event ends with a blank line, which no
 * credential contains, so a whole event is never kept back.
 */
function openEnd(finder: NeedleFinder, bytes: Buffer): number {
  const last = bytes.at(-1);
  if (last === undefined || (!finder.has(last) && !mayEndEscape(last))) return bytes.length;
  const cut = indexOfCutEscape(bytes);
  const open = Math.min(cut, finder.openEnd(bytes, bytes.length), finder.openEnd(bytes, cut));
  const near = bytes.subarray(Math.max(0, cut - finder.longest * longestEscape), cut);
  if (indexOfEscape(near) === -1) return open;
  const { plain, places } = unescape(near, 0, near.length);
  return Math.min(open, cut - near.length + (places[finder.openEnd(plain, plain.length)] ?? near.length));
}

/**
 * A reply without the credential that was sent for it, wherever the upstream, or a proxy before it, has put it. Applied
 * where a reply enters the engine, so no relay, row, log or trace after it ever holds the credential.
 */
export function maskReply(reply: UpstreamReply, mask: CredentialMask | null): UpstreamReply {
  if (mask === null) return reply;
  return {
    ...reply,
    headers: mask.headers(reply.headers),
    async read(onChunk) {
      const stream = mask.stream();
      try {
        await reply.read((chunk) => {
          const clean = stream.push(chunk);
          if (clean.length > 0) onChunk(clean);
        });
      } finally {
        // A reply that broke off is also passed on up to its last byte.
        const rest = stream.flush();
        if (rest.length > 0) onChunk(rest);
      }
    },
  };
}
