import { z } from 'zod';
import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError, isErrorCode } from '#shared/errors.ts';

const largestReplyBytes = 8 * 1024 * 1024;
const longestMessage = 500;
const errorSchema = z.object({ error: z.object({ code: z.string().nullish(), message: z.string() }) });
const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

/** The text of a reply, as long as it is not absurdly long. */
export async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largestReplyBytes) throw new CorvusError('upstream_interrupted', 'The account service sent a reply beyond every limit.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What a refusal of the account service means to the person. */
export function replyError(status: number, text: string): CorvusError {
  if (status >= 300 && status < 400)
    return new CorvusError('upstream_redirect', 'The account service answered with a redirect, which is not followed. Check the base URL.');
  if (status === 401 || status === 403) return new CorvusError('invalid_api_key', 'The account service does not accept this customer key.');
  const body = errorSchema.safeParse(parseJson(text));
  const message = body.success ? body.data.error.message.slice(0, longestMessage) : `The account service answered with status ${status}.`;
  const code = body.success ? (body.data.error.code ?? '') : '';
  if (isErrorCode(code)) return new CorvusError(code, message);
  return new CorvusError(status === 404 ? 'not_found' : 'upstream_connection_error', message);
}

/** What a failed connection means to the person. */
export function connectionError(cause: unknown, baseUrl: string): CorvusError {
  if (cause instanceof CorvusError) return cause;
  const code = codeOf(cause);
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
  if (unreachable.has(code)) return new CorvusError('offline', `This machine cannot reach ${host}.`, {}, cause);
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code))
    return new CorvusError('tls_error', `The certificate of ${host} is not trusted (${code}).`, {}, cause);
  return new CorvusError(
    'upstream_connection_error',
    `The account service at ${host} could not be reached${code === '' ? '' : ` (${code})`}.`,
    {},
    cause,
  );
}

/** `fetch` wraps what happened, sometimes twice. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
