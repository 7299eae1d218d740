import { CorvusError } from '#shared/errors.ts';
import type { HttpContext } from './endpoint.ts';

const maxBodyBytes = 64 * 1024;

/** A small JSON body; anything larger has no business at these endpoints. */
export async function readJsonBody(context: HttpContext): Promise<unknown> {
  const text = await readSmallBody(context);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}

/** The body as text, read no further than the limit. */
export async function readSmallBody(context: HttpContext): Promise<string> {
  const body = context.req.raw.body;
  if (!body) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > maxBodyBytes) throw new CorvusError('request_too_large', 'This request body may be 64 KiB at most.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
