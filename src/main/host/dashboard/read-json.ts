import type { Context } from 'hono';
import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';

const limitBytes = 1024 * 1024;

/** The JSON body of a request, in one piece or in chunks, with or without its length. Throws a `CorvusError`. */
export async function readJson(c: Context): Promise<unknown> {
  const [mediaType = ''] = (c.req.header('content-type') ?? '').split(';');
  if (mediaType.trim().toLowerCase() !== 'application/json') throw new CorvusError('unsupported_media_type');
  const value = parseJson(await readText(c));
  if (value === undefined) throw new CorvusError('invalid_json');
  return value;
}

/** Counts the bytes that really come: a declared length cannot be trusted, and a chunked body has none. */
async function readText(c: Context): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of c.req.raw.body ?? []) {
      bytes += part.byteLength;
      if (bytes > limitBytes) throw new CorvusError('request_too_large', 'The body is larger than 1 MiB.');
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('bad_request', 'The body broke off.', {}, error);
  }
  return Buffer.concat(parts).toString('utf8');
}
