import type { RequestSummary } from '#shared/account/request.ts';

/** A request with this key that began since then: an earlier one proves nothing about settings written later. */
export function firstOfKey(rows: readonly RequestSummary[], keyId: string, sinceMs: number) {
  return rows.find((row) => row.localKeyId === keyId && row.createdAtMs >= sinceMs);
}
