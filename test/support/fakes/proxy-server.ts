import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const folder = fileURLToPath(new URL('../../fixtures/certificates/', import.meta.url));

/** The path of one of the certificates made for tests. */
export const certificateFile = (name: string): string => `${folder}${name}.pem`;

const pem = (name: string): string => readFileSync(certificateFile(name), 'utf8');

/** The name for which `other-name.pem` is valid: signed by the authority of `ca.pem`, which no machine trusts. */
export const farHost = 'other.example';

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface FarServer {
  port: number;
  /** The headers of every request that arrived. */
  asked: IncomingMessage['headers'][];
}

/** A provider that only a proxy can find: nothing else knows its name. */
export async function startFarServer(answer: object, certificate: string | null = 'other-name'): Promise<FarServer> {
  const asked: FarServer['asked'] = [];
  const reply: Parameters<typeof createServer>[1] = (incoming, response) => {
    asked.push(incoming.headers);
    incoming.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  };
  const server =
    certificate === null
      ? createServer(reply)
      : createSecureServer({ key: pem('server.key'), cert: pem(certificate) }, reply);
  return { port: await listen(server), asked };
}

export interface ProxyOptions {
  /** Where every name leads. */
  to: FarServer;
  /** `user:password` that it asks for. */
  login?: string;
  /** Answers instead of opening a tunnel. */
  refuses?: number;
  /** Reads the connection: shows this certificate instead of the server's. */
  intercepts?: string;
  /** Is itself reached over TLS. */
  isSecure?: boolean;
  /** Where it listens. Absent: 127.0.0.1. */
  host?: string;
}

export interface TestProxy {
  port: number;
  /** What it was asked for, such as `CONNECT other.example:443`. */
  seen: string[];
}

/** A real proxy: tunnels, forwards plain requests, asks for a login, reads along. */
export async function startProxy({ to, login, refuses, intercepts, isSecure, host }: ProxyOptions): Promise<TestProxy> {
  const seen: string[] = [];
  const expected = login === undefined ? null : `Basic ${Buffer.from(login).toString('base64')}`;
  const mayPass = ({ headers }: IncomingMessage): boolean =>
    expected === null || headers['proxy-authorization'] === expected;
  const server = isSecure ? createSecureServer({ key: pem('server.key'), cert: pem('trusted') }) : createServer();
  server.on('connect', (asked: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${asked.url}`);
    socket.on('error', () => undefined);
    if (!mayPass(asked))
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
    if (refuses !== undefined) return void socket.end(`HTTP/1.1 ${refuses} No\r\n\r\n`);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (intercepts !== undefined) {
      const own = new TLSSocket(socket, { isServer: true, key: pem('server.key'), cert: pem(intercepts) });
      own.on('error', () => undefined);
      return void own.once('data', () =>
        own.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'),
      );
    }
    const far = connect(to.port, '127.0.0.1');
    far.on('error', () => undefined);
    far.pipe(socket).pipe(far);
  });
  server.on('request', (asked, response) => {
    seen.push(`${asked.method} ${asked.url}`);
    if (!mayPass(asked)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    const { pathname, search } = new URL(asked.url ?? '');
    const { 'proxy-authorization': _login, ...headers } = asked.headers;
    const far = request({ port: to.port, method: asked.method, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    asked.pipe(far);
  });
  return { port: await listen(server, host), seen };
}

/** A SOCKS5 proxy, which resolves names itself. `login`: `user:password`. */
export async function startSocks({ to, login }: Pick<ProxyOptions, 'to' | 'login'>): Promise<TestProxy> {
  const seen: string[] = [];
  const server = createTcpServer((socket) => {
    const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const next = async (): Promise<Buffer> => (await chunks.next()).value;
    void (async () => {
      const methods = await next();
      const wanted = login === undefined ? 0 : 2;
      if (!methods.subarray(2).includes(wanted)) return socket.end(Buffer.from([5, 0xff]));
      socket.write(Buffer.from([5, wanted]));
      if (login !== undefined) {
        const said = await next();
        const user = said.subarray(2, 2 + (said[1] ?? 0)).toString();
        const isRight = `${user}:${said.subarray(3 + user.length).toString()}` === login;
        socket.write(Buffer.from([1, isRight ? 0 : 1]));
        if (!isRight) return socket.end();
      }
      const asked = await next();
      seen.push(asked.subarray(5, 5 + (asked[4] ?? 0)).toString());
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      const far = connect(to.port, '127.0.0.1');
      far.on('error', () => undefined);
      far.on('data', (data) => socket.write(data));
      for (;;) {
        const { value, done } = await chunks.next();
        if (done) return far.end();
        far.write(value);
      }
    })().catch(() => socket.destroy());
  });
  return { port: await listen(server), seen };
}
