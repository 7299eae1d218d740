import { z } from 'zod';

/** Calls that were refused alike: by the same program, at the same path, for the same reason. */
export const refusedKindSchema = z.strictObject({
  errorCode: z.string(),
  httpStatus: z.int(),
  endpoint: z.string(),
  /** What the program calls itself; null when it does not say. */
  userAgent: z.string().nullable(),
  count: z.int(),
  firstAtMs: z.int(),
  lastAtMs: z.int(),
});
export type RefusedKind = z.infer<typeof refusedKindSchema>;

/** Calls that nobody with a valid key made. They are counted, not kept one by one: any program or web page can make any number. */
export const refusedCallsSchema = z.strictObject({
  total: z.int(),
  /** Newest first, a bounded number; older ones are in the total only. */
  kinds: z.array(refusedKindSchema),
});
export type RefusedCalls = z.infer<typeof refusedCallsSchema>;

/** In one sentence, how often and by whom last; null when there was none. `when` writes a time. */
export function refusedWords({ total, kinds: [last] }: RefusedCalls, when: (atMs: number) => string): string | null {
  if (total === 0) return null;
  const many = total === 1 ? '1 call was' : `${total.toLocaleString('en-US')} calls were`;
  const said = last
    ? `, the last at ${when(last.lastAtMs)} from ${last.userAgent ?? 'a program without a name'}: ${last.errorCode} at ${last.endpoint}`
    : '';
  return `${many} refused without a valid key or a known path${said}`;
}
