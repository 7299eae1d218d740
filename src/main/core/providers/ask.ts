import { credentialMask } from '#proxy/reply/credential-mask.ts';
import { decodeReply } from '#proxy/reply/decode-reply.ts';
import { headerText, type UpstreamReply } from '#proxy/reply/upstream-reply.ts';
import { whenAborted } from '#shared/when-aborted.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';

/** Answers are not read beyond this size. */
export const mostAnswerBytes = 8 * 1024 * 1024;

/** A request of Corvus's own to a provider, not a tool's call. */
export interface Question {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON with POST; null sends a GET. */
  body: object | null;
  mayBePrivate: boolean;
  /** Absent: the setting for all connections. */
  proxy?: ProxyChoice;
}

export interface Answer {
  status: number;
  contentType: string;
  /** How the program identifies itself; empty if it does not. */
  server: string;
  /** The request id that Corvus sends with its own answers; empty for other programs. */
  requestId: string;
  text: string;
}

/**
 * Masks the key in what comes back. Follows no redirects and no names that lead where no key may go.
 * Rejects with a `CorvusError` that says why there is no answer.
 */
export async function ask(send: Send, question: Question, signal: AbortSignal): Promise<Answer> {
  const { url, headers, body, mayBePrivate, proxy } = question;
  const content = body === null ? null : Buffer.from(JSON.stringify(body));
  const { origin, pathname, search } = new URL(url);
  const path = pathname + search;
  const request = {
    origin,
    path,
    method: content === null ? ('GET' as const) : ('POST' as const),
    headers: {
      accept: 'application/json',
      ...(content === null ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: content,
    mayBePrivate,
    ...(proxy ? { proxy } : {}),
  };
  const mask = credentialMask(headers, path);
  const clean = (text: string) => mask?.text(text) ?? text;
  const reply = decodeReply(await send.send(request, signal));
  return {
    status: reply.status,
    contentType: clean(headerText(reply.headers, 'content-type') ?? ''),
    server: clean(headerText(reply.headers, 'server') ?? ''),
    requestId: headerText(reply.headers, 'x-corvus-request-id') ?? '',
    text: clean(await readText(reply, signal)),
  };
}

async function readText(reply: UpstreamReply, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  let isTooLarge = false;
  const forget = whenAborted(signal, () => reply.abort());
  try {
    await reply.read((chunk) => {
      length += chunk.length;
      if (length <= mostAnswerBytes) return void chunks.push(chunk);
      isTooLarge = true;
      reply.abort();
    });
  } catch (error) {
    if (!isTooLarge) throw error;
  } finally {
    forget();
  }
  if (isTooLarge) throw new CorvusError('upstream_interrupted', 'The answer is too large.');
  return Buffer.concat(chunks).toString('utf8');
}
