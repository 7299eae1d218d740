import { request } from 'node:http';
import { connect as connectTcp, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { decodeComponent } from '#shared/decode-component.ts';
import { withoutBrackets } from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Proxy } from './choose-proxy.ts';

export const connectTimeoutMs = 10_000;

export interface Destination {
  host: string;
  port: number;
}

/** A connection through a proxy to a destination. Rejects with a `CorvusError` that says what the proxy did. */
export async function openTunnel(proxy: Proxy, destination: Destination, trust: () => SecureContext): Promise<Socket> {
  try {
    return await (proxy.url.protocol.startsWith('socks')
      ? throughSocks(proxy, destination)
      : throughConnect(proxy, destination, trust));
  } catch (error) {
    throw error instanceof CorvusError ? error : proxyRefusal(proxy, error);
  }
}

/** `Basic …` for the login in a proxy's address; null where it has none. */
export function proxyLogin({ url }: Proxy): string | null {
  if (url.username === '' && url.password === '') return null;
  return `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`;
}

export function loginRequired(proxy: Proxy | null): CorvusError {
  const who = proxy === null ? 'A proxy on the way' : `The proxy ${proxy.shown}`;
  const what =
    proxy !== null && proxyLogin(proxy) !== null ? 'does not accept the login that is set' : 'asks for a login';
  const where = proxy === null || proxy.from === 'Settings' ? 'under Settings, Network' : `in ${proxy.from}`;
  return new CorvusError(
    'proxy_login_required',
    `${who} ${what}: put the right user name and password into its address ${where}.`,
  );
}

function throughConnect(proxy: Proxy, { host, port }: Destination, trust: () => SecureContext): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const login = proxyLogin(proxy);
  const options = {
    method: 'CONNECT',
    path: authority,
    // For a socket that it did not open itself, `request` only reports the timeout.
    createConnection: () => connectTo(proxy, trust).setTimeout(connectTimeoutMs),
    timeout: connectTimeoutMs,
    headers: { host: authority, ...(login === null ? {} : { 'proxy-authorization': login }) },
  };
  return new Promise((resolve, reject) => {
    const asked = request(options);
    const fail = (error: Error) => {
      reject(error);
      asked.destroy();
    };
    asked.once('connect', (answer, socket: Duplex, head) => {
      const { statusCode = 0 } = answer;
      if (statusCode === 407) fail(loginRequired(proxy));
      else if (statusCode < 200 || statusCode >= 300) fail(refusedTunnel(proxy, authority, statusCode));
      else if (!(socket instanceof Socket)) fail(new Error('not a socket'));
      else {
        socket.setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
    });
    // An answer instead of a tunnel.
    asked.once('response', (answer) => {
      const { statusCode = 0 } = answer;
      fail(statusCode === 407 ? loginRequired(proxy) : refusedTunnel(proxy, authority, statusCode));
    });
    asked.once('timeout', () => fail(proxyRefusal(proxy, Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }))));
    asked.once('error', reject);
    asked.end();
  });
}

function connectTo({ url }: Proxy, trust: () => SecureContext): Socket {
  const address = { host: withoutBrackets(url.hostname), port: portOf(url) };
  if (url.protocol !== 'https:') return connectTcp(address);
  const servername = isIP(address.host) === 0 ? { servername: address.host } : {};
  return connectTls({ ...address, ...servername, secureContext: trust(), rejectUnauthorized: true });
}

async function throughSocks(proxy: Proxy, destination: Destination): Promise<Socket> {
  const { url } = proxy;
  const { SocksClient, SocksClientError } = await import('socks');
  try {
    const { socket } = await SocksClient.createConnection({
      proxy: {
        host: withoutBrackets(url.hostname),
        port: portOf(url),
        type: url.protocol.startsWith('socks4') ? 4 : 5,
        ...(url.username === '' ? {} : { userId: decoded(url.username), password: decoded(url.password) }),
      },
      command: 'connect',
      destination,
      timeout: connectTimeoutMs,
    });
    return socket;
  } catch (error) {
    if (error instanceof SocksClientError && /auth/i.test(error.message)) throw loginRequired(proxy);
    if (error instanceof SocksClientError && /rejected/i.test(error.message)) {
      throw refusedTunnel(proxy, `${destination.host}:${destination.port}`, null);
    }
    throw error;
  }
}

function refusedTunnel({ shown }: Proxy, authority: string, status: number | null): CorvusError {
  const said = status === null ? '' : ` (status ${status})`;
  return new CorvusError(
    'proxy_refused',
    `The proxy ${shown} does not connect to ${authority}${said}: it may not be allowed there, or that server is down. Ask who runs the proxy, or name the address in NO_PROXY.`,
  );
}

export function proxyRefusal({ shown, from }: Proxy, cause: unknown): CorvusError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new CorvusError(
    'proxy_unreachable',
    `The proxy ${shown} cannot be reached${code}. It is set in ${placeOf(from)}: start it, or correct its address there.`,
    {},
    cause,
  );
}

/** The proxy is this program itself: requests would loop. */
export function proxyLoop({ shown, from }: Proxy): CorvusError {
  return new CorvusError(
    'proxy_loop',
    `The proxy ${shown} is Corvus itself. It is set in ${placeOf(from)}: name the proxy of your network there, or none.`,
  );
}

function placeOf(from: string): string {
  return from === 'Settings' ? 'Settings, Network' : from;
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : protocol === 'http:' ? 80 : 1080;
}

function decoded(text: string): string {
  return decodeComponent(text) ?? text;
}
