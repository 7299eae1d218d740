import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { clientKey } from './start-gateway.ts';

export interface RawReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The connection broke before the answer was whole. */
  isCut: boolean;
}

export const jsonHeaders = { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' };

/** One POST whose body and reply are bytes, untouched by any client library. */
export function post(
  url: string,
  path: string,
  body: Buffer | string,
  headers: Record<string, string> = jsonHeaders,
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const finish = (isCut: boolean) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), isCut });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => finish(!response.complete));
      response.on('error', () => finish(true));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends bytes as they are and returns everything that comes back until the other side closes. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text, 'latin1'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

export function chatBody(extra: object = {}): string {
  return JSON.stringify({ model: 'gpt-test', messages: [{ role: 'user', content: 'Héllo 🦉' }], ...extra });
}

export function messagesBody(extra: object = {}): string {
  return JSON.stringify({
    model: 'claude-test',
    max_tokens: 64,
    messages: [{ role: 'user', content: 'Héllo 🦉' }],
    ...extra,
  });
}
