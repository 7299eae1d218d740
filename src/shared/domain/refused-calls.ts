import { z } from 'zod';

/** Calls that were refused alike: from the same program, at the same path, for the same reason. */
export const refusedKindSchema = z.strictObject({
  errorCode: z.string(),
  httpStatus: z.int(),
  endpoint: z.string(),
  /** The program's name for itself; null when it sends none. */
  userAgent: z.string().nullable(),
  count: z.int(),
  firstAtMs: z.int(),
  lastAtMs: z.int(),
});
export type RefusedKind = z.infer<typeof refusedKindSchema>;

/**
 * Calls without a valid key or a known path, or about a stored answer. They are counted, not kept one by one, because any
 * program or web page can make any number.
 */
export const refusedCallsSchema = z.strictObject({
  total: z.int(),
  /** Newest first, a limited number; older ones are only in the total. */
  kinds: z.array(refusedKindSchema),
});
export type RefusedCalls = z.infer<typeof refusedCallsSchema>;

/** One sentence: how often, and by which program last; null when there were none. `when` formats a time. */
export function refusedWords({ total, kinds: [last] }: RefusedCalls, when: (atMs: number) => string): string | null {
  if (total === 0) return null;
  const many = total === 1 ? '1 call was' : `${total.toLocaleString('en-US')} calls were`;
  const said = last
    ? `, the last at ${when(last.lastAtMs)} from ${last.userAgent ?? 'a program without a name'}: ${last.errorCode} at ${last.endpoint}`
    : '';
  return `${many} refused without a valid key or a known path, or about a stored answer${said}`;
}
