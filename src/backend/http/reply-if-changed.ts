import { createHash } from 'node:crypto';
import type { HttpContext } from './endpoint.ts';

/** Members that say when something was read, in all dialects: they differ each time, though nothing has changed. */
const timesOfReading: ReadonlySet<string> = new Set(['asOf', 'updatedAt']);

/**
 * A reply that clients poll. Caches may keep it, for one customer only and always to be revalidated: a client that
 * sends its ETag back, as HTTP caches do by themselves, gets a 304 of a few bytes when nothing changed.
 */
export function replyIfChanged(context: HttpContext, answer: unknown): Response {
  const etag = tagOf(answer);
  const headers = { etag, 'cache-control': 'private, no-cache', vary: 'authorization, x-api-key' };
  if (namesTag(context.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return new Response(JSON.stringify(answer), { headers: { ...headers, 'content-type': 'application/json' } });
}

/** Weak: the bytes differ in the times of reading. */
function tagOf(answer: unknown): string {
  const totals = JSON.stringify(answer, (name, value: unknown) => (timesOfReading.has(name) ? undefined : value));
  return `W/"${createHash('sha256').update(totals).digest('base64url').slice(0, 22)}"`;
}

function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const opaque = etag.replace(/^W\//, '');
  return header.split(',').some((named) => named.trim() === '*' || named.trim().replace(/^W\//, '') === opaque);
}
