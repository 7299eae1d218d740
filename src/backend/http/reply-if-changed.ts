import { createHash } from 'node:crypto';
import type { HttpContext } from './endpoint.ts';

/** Members that say when something was looked at, in the words of every dialect: they differ each time, though nothing has changed. */
const timesOfReading: ReadonlySet<string> = new Set(['asOf', 'updatedAt']);

/**
 * A reply that is asked for again and again. Caches may keep it, but for one customer only and never without asking:
 * whoever sends its ETag back, as HTTP caches do by themselves, is told in a few bytes that nothing changed.
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
