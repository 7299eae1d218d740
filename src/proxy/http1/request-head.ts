import { CorvusError } from '#shared/errors.ts';
import { remembered } from '#shared/remembered.ts';
import { token } from './characters.ts';

export interface WireRequest {
  method: 'POST' | 'GET' | 'DELETE';
  /** With its query; or the whole address, for a proxy. */
  path: string;
  /** Without those of the connection and the length, which are written here. */
  headers: Readonly<Record<string, string>>;
  body: Buffer | null;
}

const notInPath = /[^\x21-\x7e\x80-\xff]/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
const mostNames = 500;
/** Not copied from a request: they say how this connection carries it. */
const written: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'expect',
  'upgrade',
  'te',
  'trailer',
]);
/** `name: `; empty: it is not sent; null: it is no name. */
const nameText = remembered(mostNames, (name): { text: string | null } => {
  if (written.has(name.toLowerCase())) return { text: '' };
  return { text: token.test(name) ? `${name}: ` : null };
});

/**
 * A request's head as it is written. Throws `upstream_connection_error` for what no head can carry: a line break in a
 * value would be a header of its own, or a request of its own.
 */
export function requestHead({ method, path, headers, body }: WireRequest, host: string, isKept: boolean): string {
  if (notInPath.test(path)) throw notWritable('address');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${isKept ? 'keep-alive' : 'close'}\r\n`;
  for (const name of Object.keys(headers)) {
    const { text: begun } = nameText(name);
    const value = headers[name] ?? '';
    if (begun === null || notInValue.test(value)) throw notWritable(`header ${JSON.stringify(name)}`);
    if (begun !== '') text += `${begun}${value}\r\n`;
  }
  const bytes = body?.length ?? 0;
  return bytes === 0 && method !== 'POST' ? `${text}\r\n` : `${text}content-length: ${bytes}\r\n\r\n`;
}

function notWritable(part: string): CorvusError {
  return new CorvusError(
    'upstream_connection_error',
    `The ${part} of a request to this provider has characters that cannot be sent. Enter it again.`,
  );
}
