import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { credentialMask } from '#proxy/reply/credential-mask.ts';
import { lookupAllowed } from '#proxy/upstream/upstream-address.ts';
import { CorvusError } from '#shared/errors.ts';

const mostBytes = 8 * 1024 * 1024;

/** A request of Corvus's own to a provider, not a tool's call. */
export interface Question {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON with POST; null sends a GET. */
  body: object | null;
  mayBePrivate: boolean;
}

export interface Answer {
  status: number;
  contentType: string;
  /** The program's name for itself; empty when it sends none. */
  server: string;
  text: string;
}

/**
 * Masks the key in what comes back. Follows no redirects and no names that lead where no key may go, and uses a connection of its own.
 * Rejects with the error of the socket, or a `CorvusError` for an answer beyond every limit.
 */
export function ask({ url, headers, body, mayBePrivate }: Question, signal: AbortSignal): Promise<Answer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const content = body === null ? null : JSON.stringify(body);
  const method = content === null ? 'GET' : 'POST';
  const allHeaders = { accept: 'application/json', ...(content === null ? {} : { 'content-type': 'application/json' }), ...headers };
  const { pathname, search } = new URL(url);
  const mask = credentialMask(headers, pathname + search);
  const clean = (text: string) => mask?.text(text) ?? text;
  return new Promise((resolve, reject) => {
    let hasAnswer = false;
    const sent = request(
      url,
      { method, headers: allHeaders, signal, lookup: lookupAllowed(mayBePrivate), agent: false, rejectUnauthorized: true },
      (response) => {
        hasAnswer = true;
        const { statusCode: status = 0 } = response;
        const contentType = clean(response.headers['content-type'] ?? '');
        const server = clean(String(response.headers['server'] ?? ''));
        readText(response).then((text) => resolve({ status, contentType, server, text: clean(text) }), reject);
      },
    );
    sent.on('error', reject);
    // An answer that switches protocols ends the connection without an error.
    sent.on('close', () => {
      if (!hasAnswer) reject(new CorvusError('upstream_connection_error'));
    });
    sent.end(content ?? undefined);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw new CorvusError('upstream_interrupted', 'The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
