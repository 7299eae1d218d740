import { once } from 'node:events';
import { get, request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { createListener, type Listener } from '#proxy/listen/create-listener.ts';
import type { RequestListener } from 'node:http';
import { systemClock } from '../start-gateway.ts';

function newListener(handler: RequestListener): Listener {
  const listener = createListener({ handler, clock: systemClock, newRequestId: () => 'req_test' });
  onTestFinished(() => listener.close(0));
  return listener;
}

const sayHello: RequestListener = (_request, response) => void response.end('hello');

function read(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    }).on('error', reject);
  });
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

test('one port answers on 127.0.0.1 and, where there is IPv6, on [::1] (A10, E105)', async () => {
  const bound = await newListener(sayHello).listen({ host: '127.0.0.1', port: 0 });
  expect(bound.hosts).toEqual(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
  expect(await read(`http://127.0.0.1:${bound.port}/`)).toBe('hello');
  if (hasIpv6) expect(await read(`http://[::1]:${bound.port}/`)).toBe('hello');
});

test.runIf(process.platform === 'linux')(
  'a taken port is refused with the name of its holder, and nothing stays bound (E112)',
  async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const refusal = await newListener(sayHello)
      .listen({ host: '127.0.0.1', port })
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'port_taken', details: { body: { port, pid: process.pid } } });
    expect(String(refusal)).toContain(`process ${process.pid}`);
  },
);

test.runIf(hasIpv6)(
  'a port taken on [::1] alone is refused too: "localhost" would reach another program (E112)',
  async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '::1', resolve));
    onTestFinished(() => void holder.close());
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(newListener(sayHello).listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'port_taken',
    });
    const again = createServer();
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => again.close(resolve));
  },
);

test('closing lets a running answer end and accepts nothing new', async () => {
  const going = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const listener = newListener(async (_request, response) => {
    response.write('first ');
    started.resolve();
    await going.promise;
    response.end('last');
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const answer = read(`http://127.0.0.1:${port}/`);
  await started.promise;
  const closed = listener.close(60_000);
  await expect(read(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  going.resolve();
  expect(await answer).toBe('first last');
  await closed;
});

test('closing cuts answers that do not end in time', async () => {
  const listener = newListener((_request, response) => void response.write('and so on'));
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const cut = new Promise((resolve) => {
    const client = httpRequest({ port, host: '127.0.0.1' }, (response) =>
      response.on('error', resolve).once('data', () => void listener.close(1)),
    );
    client.on('error', resolve);
    client.end();
  });
  expect(await cut).toMatchObject({ code: 'ECONNRESET' });
});

test('closing does not wait for connections without a request', async () => {
  const listener = newListener(sayHello);
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const unused = connect(port, '127.0.0.1');
  await once(unused, 'connect');
  // Connections are accepted in order, so that the one before was when this is answered.
  expect(await read(`http://127.0.0.1:${port}/`)).toBe('hello');
  const gone = once(unused, 'close');
  unused.resume();
  await listener.close(600_000);
  await gone;
});

/** Sends text as it is; resolves to all that comes back until the connection closes. */
function sendText(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (data: string) => (reply += data));
    socket.on('error', () => undefined).on('close', () => resolve(reply));
  });
}

test('requests of one connection are answered one after the other, however many are sent at once', async () => {
  let answering = 0;
  let most = 0;
  const { port } = await newListener(async ({ url }, response) => {
    answering += 1;
    most = Math.max(most, answering);
    await new Promise((resolve) => setImmediate(resolve));
    answering -= 1;
    response.end(`answer to ${url};`);
  }).listen({ host: '127.0.0.1', port: 0 });
  const count = 500;
  const request = (number: number) =>
    `GET /${number} HTTP/1.1\r\nhost: a\r\n${number === count - 1 ? 'connection: close\r\n' : ''}\r\n`;
  const reply = await sendText(port, Array.from({ length: count }, (_, number) => request(number)).join(''));
  expect([...reply.matchAll(/answer to \/(\d+);/g)].map(([, number]) => Number(number))).toEqual(
    Array.from({ length: count }, (_, number) => number),
  );
  expect(most).toBe(1);
});

test('a bad body is refused although its handler answers later, and that answer does no harm (F25)', async () => {
  const answered = Promise.withResolvers<void>();
  const { port } = await newListener(async ({ socket }, response) => {
    await once(socket, 'close');
    response.writeHead(200);
    response.end('too late');
    answered.resolve();
  }).listen({ host: '127.0.0.1', port: 0 });
  const reply = await sendText(port, 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n');
  expect(reply).toMatch(/^HTTP\/1\.1 400 .*"code":"bad_request"/s);
  expect(reply).not.toContain('too late');
  await answered.promise;
});
