import { errorCatalogue, isErrorCode } from '#shared/errors.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import type { RequestRow } from '../database/schema.ts';
import type { RequestDetails } from './report-requests.ts';

/** What support needs to find a request and to see what is wrong with it; never a key, never a prompt. */
export function supportPacket({ row, smallCheck }: RequestDetails): string {
  return [
    `Request: ${row.id}`,
    `UTC timestamp: ${isoTime(row.created_at_ms)}`,
    `Endpoint path: ${row.endpoint}`,
    `Model slug: ${row.model_requested}`,
    `Error and HTTP status: ${errorText(row)}`,
    `Minimal request: ${smallCheckText(smallCheck)}`,
    `Balance movement: ${movementText(row)}`,
    `Client and features: ${row.dialect}, ${row.is_stream === 1n ? 'streaming' : 'not streaming'}; (name and version of your client; tools, images, files, long history?)`,
  ].join('\n');
}

function errorText({ error_code: code, http_status: status, status: state }: RequestRow): string {
  if (state === 'open') return 'still under way';
  const statusText = status === null ? 'no HTTP status' : `HTTP ${status}`;
  if (code === null && (status ?? 0n) >= 400n) return `refused by the upstream, ${statusText}; (paste its text)`;
  if (code === null) return `none, ${statusText}`;
  return `${code}${isErrorCode(code) ? `: ${errorCatalogue[code].message}` : ''} (${statusText})`;
}

function smallCheckText(check: RequestRow | null): string {
  if (!check) return 'none since; (send one with "max_tokens": 16 and say how it ended)';
  const status = check.http_status === null ? '' : `, HTTP ${check.http_status}`;
  return `${check.id} at ${isoTime(check.settled_at_ms ?? check.created_at_ms)}: ${check.outcome ?? check.status}${status}`;
}

function movementText({ balance_after: after, cost }: RequestRow): string {
  if (after === null) return 'none yet';
  return `${usdText(nanoUsd(after + cost))} -> ${usdText(nanoUsd(after))} USD, charged ${usdText(nanoUsd(cost))}`;
}
