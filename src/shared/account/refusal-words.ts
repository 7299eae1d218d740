import type { RequestSummary } from './request.ts';

/** Who refused a request, and with which status: `the provider, HTTP 422`. */
export function refusalWords({ refusedBy, httpStatus }: Pick<RequestSummary, 'refusedBy' | 'httpStatus'>): string {
  const who = refusedBy === 'corvus' ? 'Corvus' : refusedBy === null ? 'Corvus or the upstream' : `the ${refusedBy}`;
  return httpStatus === null ? who : `${who}, HTTP ${httpStatus}`;
}
