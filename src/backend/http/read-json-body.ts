import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import type { HttpContext } from './endpoint.ts';

const maxBodyBytes = 64 * 1024;

/** A small JSON body; anything larger has no business at these endpoints. */
export async function readJsonBody(context: HttpContext): Promise<unknown> {
  const value = parseJson(await readSmallBody(context));
  if (value === undefined) throw new CorvusError('invalid_json');
  return value;
}

/** The body as text, read no further than the limit. */
export async function readSmallBody(context: HttpContext): Promise<string> {
  const bytes = await readBytes(context, maxBodyBytes);
  if (!bytes) throw new CorvusError('request_too_large', 'This request body may be 64 KiB at most.');
  const text = bytes.toString('utf8');
  refuseNul(text);
  return text;
}

/** The one character that PostgreSQL cannot keep, as it is or as JSON and addresses write it; SQLite would keep it. Throws `bad_request`. */
export function refuseNul(text: string): void {
  if (nul.test(text)) throw new CorvusError('bad_request', 'The request has a NUL character, which is no text.');
}

const nul = /\0|%00|\\u0000/;

/** The body exactly as it came; null when it is longer than the limit. */
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
    // The client left, or sent chunks that are none: no fault of ours.
    throw new CorvusError('bad_request', 'The request body broke off.', {}, error);
  }
  return Buffer.concat(parts);
}
