import { z } from 'zod';

/** One id from the tool to the ledger: `req_` and a UUIDv7 without dashes. */
export type RequestId = string & z.$brand<'RequestId'>;
export type LocalKeyId = string & z.$brand<'LocalKeyId'>;
export type ProviderId = string & z.$brand<'ProviderId'>;
export type EnvelopeId = string & z.$brand<'EnvelopeId'>;

export const requestIdSchema = z
  .string()
  .regex(/^req_[0-9a-f]{12}7[0-9a-f]{19}$/)
  .brand<'RequestId'>();
export const localKeyIdSchema = z.string().min(1).max(64).brand<'LocalKeyId'>();
export const envelopeIdSchema = z.string().min(1).max(64).brand<'EnvelopeId'>();
/** The id a person gives a provider: it appears in URLs, tables and model prefixes. */
export const providerIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and dashes, 40 at most')
  .brand<'ProviderId'>();

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * An identifier that sorts by creation time: prefix, 48 bits of milliseconds, version 7, random bits.
 * @param random at least 10 bytes of randomness
 */
export function timeOrderedId(prefix: string, nowMs: number, random: Uint8Array): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0').slice(-12);
  let noise = '';
  for (let index = 0; index < 10; index += 1) noise += hexOfByte[random[index] ?? 0];
  return `${prefix}_${time}7${noise.slice(0, 3)}8${noise.slice(3, 18)}`;
}

/** The smallest id that a request of this moment can have: ids begin with their time. */
export function firstIdAt(ms: number): string {
  return `req_${Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0')}`;
}
