import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import type { HttpContext } from './endpoint.ts';

const maxBodyBytes = 64 * 1024;

/** The size limit of JSON bodies at these endpoints. */
export async function readJsonBody(context: HttpContext): Promise<unknown> {
  const value = parseJson(await readSmallBody(context));
  if (value === undefined) throw new CorvusError('invalid_json');
  if (!isText(value))
    throw new CorvusError('bad_request', 'The request has half of a character (a lone surrogate), which is no text.');
  return value;
}

/** Whether all strings of a value can be stored unchanged: databases replace half of a surrogate pair. */
function isText(whole: unknown): boolean {
  // Not recursive: even a small body can be nested deeper than the call stack.
  const waiting = [whole];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'string' && !value.isWellFormed()) return false;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      if (!name.isWellFormed()) return false;
      waiting.push(member);
    }
  }
  return true;
}

/** The body as text, read no further than the limit. */
export async function readSmallBody(context: HttpContext): Promise<string> {
  const bytes = await readBytes(context, maxBodyBytes);
  if (!bytes) throw new CorvusError('request_too_large', 'This request body may be 64 KiB at most.');
  const text = bytes.toString('utf8');
  refuseNul(text);
  return text;
}

/** NUL, which PostgreSQL cannot store, raw or as JSON and URLs escape it; SQLite would. Throws `bad_request`. */
export function refuseNul(text: string): void {
  if (nul.test(text)) throw new CorvusError('bad_request', 'The request has a NUL character, which is no text.');
}

const nul = /\0|%00|\\u0000/;

/** The body's exact bytes; null when it is longer than the limit. */
export async function readBytes(context: HttpContext, limitBytes: number): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of context.req.raw.body ?? []) {
      size += part.byteLength;
      if (size > limitBytes) return null;
      parts.push(part);
    }
  } catch (error) {
    // The client disconnected or sent broken chunks: not our fault.
    throw new CorvusError('bad_request', 'The request body broke off.', {}, error);
  }
  return Buffer.concat(parts);
}
