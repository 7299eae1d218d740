import { z } from 'zod';
import type { Clock, Random } from './ports.ts';

/** One id from the tool to the ledger: `req_` and a UUIDv7 without dashes. */
export type RequestId = string & z.$brand<'RequestId'>;
export type LocalKeyId = string & z.$brand<'LocalKeyId'>;
export type ProviderId = string & z.$brand<'ProviderId'>;

export const requestIdSchema = z
  .string()
  .regex(/^req_[0-9a-f]{12}7[0-9a-f]{19}$/)
  .brand<'RequestId'>();
export const localKeyIdSchema = z.string().min(1).max(64).brand<'LocalKeyId'>();
/** The id a person gives a provider: it appears in URLs, tables and model prefixes. */
export const providerIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and dashes, 40 at most')
  .brand<'ProviderId'>();

/**
 * An identifier that sorts by creation time: prefix, 48 bits of milliseconds, version 7, random bits.
 * @param random at least 10 bytes of randomness
 */
export function timeOrderedId(prefix: string, nowMs: number, random: Uint8Array): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0').slice(-12);
  const noise = Array.from(random.subarray(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${prefix}_${time}7${noise.slice(0, 3)}8${noise.slice(3, 18)}`;
}

const idsPerMs = 0x1000;

/**
 * Request ids that sort in the order in which they were made: the 12 bits after the version count within a millisecond
 * (RFC 9562, 6.2). Parts of one request begin together, and lists are read by id.
 */
export function createRequestIds(clock: Clock, random: Random): () => RequestId {
  let lastMs = 0;
  let count = 0;
  return () => {
    const nowMs = Math.trunc(clock.nowMs());
    // More ids than fit in a millisecond, or a clock that was set back: the sequence goes on from the last id.
    if (nowMs > lastMs) [lastMs, count] = [nowMs, 0];
    else if (++count === idsPerMs) [lastMs, count] = [lastMs + 1, 0];
    const bytes = random.bytes(10);
    bytes[0] = count >> 4;
    bytes[1] = ((count & 0xf) << 4) | ((bytes[1] ?? 0) & 0xf);
    return requestIdSchema.parse(timeOrderedId('req', lastMs, bytes));
  };
}
