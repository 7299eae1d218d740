import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createNetwork, type Network, type NetworkChoice, usualChoice } from '#proxy/network/create-network.ts';
import { isExempt } from '#proxy/network/no-proxy.ts';
import { proxyVariables } from '#proxy/network/choose-proxy.ts';
import { createSend } from '#proxy/upstream/send.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { eventually } from '../../support/eventually.ts';
import {
  certificateFile,
  farHost,
  type ProxyOptions,
  startFarServer,
  startProxy,
  startSocks,
} from '../../support/fakes/proxy-server.ts';

const trusting: NetworkChoice = { ...usualChoice, caFile: certificateFile('ca') };
const key = { authorization: 'Bearer sk-of-the-platform-0123456789' };

async function networkWith(environment: Record<string, string>, choice: NetworkChoice = trusting): Promise<Network> {
  const network = createNetwork({ environment, nowMs: Date.now });
  network.use(choice);
  onTestFinished(() => network.close());
  return network;
}

/** One request by each way that Corvus has: as a call of a tool, and as one of its own. */
async function askBoth(network: Network, origin = `https://${farHost}`): Promise<(number | string)[]> {
  const { signal } = new AbortController();
  const request = { origin, path: '/v1/models', method: 'GET' as const, headers: key, body: null, mayBePrivate: false };
  const sent = createSend(network)
    .send(request, signal)
    .then((reply) => {
      reply.abort();
      return reply.status;
    });
  const fetched = network.fetch(`${origin}/v1/account`, { headers: key, signal }).then(async (reply) => {
    await reply.text();
    return reply.status;
  });
  const [first, second] = await Promise.all(
    [sent, fetched].map((asked) => asked.catch((error: { code: string }) => error.code)),
  );
  return [first ?? 'none', second ?? 'none'];
}

async function problemOf(network: Network, origin = `https://${farHost}`): Promise<string> {
  const error = await network.fetch(`${origin}/v1/account`, { headers: key }).catch((thrown: unknown) => thrown);
  return error instanceof Error ? error.message : '';
}

test('a proxy that asks for a login gets it, and the provider never sees it', async () => {
  const to = await startFarServer({});
  const proxy = await startProxy({ to, login: 'ann:se cret' });
  const network = await networkWith({ https_proxy: `http://ann:se%20cret@127.0.0.1:${proxy.port}` });
  expect(await askBoth(network)).toEqual([200, 200]);
  expect(proxy.seen).toEqual([`CONNECT ${farHost}:443`, `CONNECT ${farHost}:443`]);
  expect(to.asked).toHaveLength(2);
  for (const headers of to.asked) {
    expect(headers['authorization']).toBe(key.authorization);
    expect(headers['proxy-authorization']).toBeUndefined();
  }
});

test.each<[string, Omit<ProxyOptions, 'to'>, string, ErrorCode, RegExp]>([
  [
    'asks for a login',
    { login: 'ann:x' },
    '',
    'proxy_login_required',
    /127\.0\.0\.1:\d+ asks for a login: .* in HTTPS_PROXY/,
  ],
  ['refuses the login', { login: 'ann:x' }, 'ann:y@', 'proxy_login_required', /does not accept the login that is set/],
  ['does not go there', { refuses: 403 }, '', 'proxy_refused', /does not connect to other\.example:443 \(status 403\)/],
  [
    'reads along',
    { intercepts: 'trusted' },
    '',
    'certificate_not_trusted',
    /signed by “Corvus test authority”.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    'signs itself',
    { intercepts: 'self-signed' },
    '',
    'certificate_not_trusted',
    /signs its certificate itself \(as “localhost”\)/,
  ],
])('a proxy that %s is named, and no key gets through', async (_case, options, login, code, sentence) => {
  const to = await startFarServer({});
  const proxy = await startProxy({ to, ...options });
  const network = await networkWith({ HTTPS_PROXY: `http://${login}127.0.0.1:${proxy.port}` }, usualChoice);
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  onTestFinished(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  expect(await askBoth(network)).toEqual([code, code]);
  const sentence_ = await problemOf(network);
  expect(sentence_).toMatch(sentence);
  expect(sentence_).not.toContain('ann');
  expect(to.asked).toHaveLength(0);
});

test('an authority of one’s own is trusted from a file, and only it', async () => {
  const to = await startFarServer({});
  const proxy = await startProxy({ to, intercepts: 'other-name' });
  const environment = { HTTPS_PROXY: `127.0.0.1:${proxy.port}` };
  expect(await askBoth(await networkWith(environment, usualChoice))).toEqual([
    'certificate_not_trusted',
    'certificate_not_trusted',
  ]);
  const network = await networkWith(environment);
  expect(await askBoth(network)).toEqual([200, 200]);
  expect(network.trust().file).toMatchObject({ certificates: 1, problem: null });
  const wrong = await startProxy({ to, intercepts: 'self-signed' });
  expect(await askBoth(await networkWith({ HTTPS_PROXY: `127.0.0.1:${wrong.port}` }))).toEqual([
    'certificate_not_trusted',
    'certificate_not_trusted',
  ]);
  const lost = await networkWith(environment, { ...usualChoice, caFile: '/nowhere/ca.pem' });
  expect(lost.trust().file).toMatchObject({ problem: expect.stringContaining('/nowhere/ca.pem cannot be read') });
});

test('a proxy that is down is named with where it is set', async () => {
  const { port } = await startProxy({ to: await startFarServer({}) });
  const gone = port === 9 ? 10 : 9;
  const network = await networkWith({ ALL_PROXY: `http://user:hidden@127.0.0.1:${gone}` });
  expect(await askBoth(network)).toEqual(['proxy_unreachable', 'proxy_unreachable']);
  expect(await problemOf(network)).toBe(
    `The proxy http://127.0.0.1:${gone} cannot be reached (ECONNREFUSED). It is set in ALL_PROXY: start it, or correct its address there.`,
  );
  const plain = await networkWith({ http_proxy: `http://user:hidden@127.0.0.1:${gone}` });
  expect(await askBoth(plain, `http://${farHost}`)).toEqual(['proxy_unreachable', 'proxy_unreachable']);
  const unreadable = await networkWith({ HTTPS_PROXY: 'ftp://proxy' });
  expect(await problemOf(unreadable)).toMatch(/The proxy in HTTPS_PROXY is not an address/);
});

test('a proxy that accepts a connection and then says nothing is given up', async () => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.resume().on('error', () => undefined));
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  // No test waits for as long as a proxy may take.
  const { setTimeout: usual } = Socket.prototype;
  const shorter = vi.spyOn(Socket.prototype, 'setTimeout');
  shorter.mockImplementation(function (this: Socket, ms, onTimeout) {
    return usual.call(this, Math.min(ms, 20), onTimeout);
  });
  onTestFinished(() => shorter.mockRestore());
  const { port } = server.address() as AddressInfo;
  const network = await networkWith({ https_proxy: `http://127.0.0.1:${port}` });
  expect(await askBoth(network)).toEqual(['proxy_unreachable', 'proxy_unreachable']);
  await eventually(() => expect(sockets.size).toBe(0));
});

test('plain http goes through a proxy whole, also with a login', async () => {
  const to = await startFarServer({}, null);
  const proxy = await startProxy({ to, login: 'ann:x' });
  const origin = `http://${farHost}:8080`;
  expect(await askBoth(await networkWith({ http_proxy: `http://ann:x@127.0.0.1:${proxy.port}` }), origin)).toEqual([
    200, 200,
  ]);
  expect(proxy.seen).toEqual([`GET ${origin}/v1/models`, `GET ${origin}/v1/account`]);
  expect(to.asked.map(({ host }) => host)).toEqual([`${farHost}:8080`, `${farHost}:8080`]);
  const without = await networkWith({ http_proxy: `http://127.0.0.1:${proxy.port}` });
  expect(await askBoth(without, origin)).toEqual(['proxy_login_required', 'proxy_login_required']);
});

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

test.runIf(hasIpv6)('a proxy at an address of IPv6', async () => {
  const [overTls, plain] = [await startFarServer({}), await startFarServer({}, null)];
  const [tunnels, forwards] = [
    await startProxy({ to: overTls, host: '::1' }),
    await startProxy({ to: plain, host: '::1' }),
  ];
  expect(await askBoth(await networkWith({ https_proxy: `http://[::1]:${tunnels.port}` }))).toEqual([200, 200]);
  const network = await networkWith({ http_proxy: `http://[::1]:${forwards.port}` });
  expect(await askBoth(network, `http://${farHost}`)).toEqual([200, 200]);
});

test('a proxy over TLS, and a SOCKS proxy with its login', async () => {
  const to = await startFarServer({});
  const secure = await startProxy({ to, isSecure: true });
  expect(await askBoth(await networkWith({ HTTPS_PROXY: `https://localhost:${secure.port}` }))).toEqual([200, 200]);
  const socks = await startSocks({ to, login: 'ann:x' });
  expect(await askBoth(await networkWith({ all_proxy: `socks5h://ann:x@127.0.0.1:${socks.port}` }))).toEqual([
    200, 200,
  ]);
  expect(socks.seen).toEqual([farHost, farHost]);
  const wrong = await networkWith({ ALL_PROXY: `socks5://ann:y@127.0.0.1:${socks.port}` });
  expect(await askBoth(wrong)).toEqual(['proxy_login_required', 'proxy_login_required']);
  const none = await networkWith({ ALL_PROXY: 'socks5://127.0.0.1:9' });
  expect(await askBoth(none)).toEqual(['proxy_unreachable', 'proxy_unreachable']);
});

test('this machine is never asked through a proxy', async () => {
  const server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const network = await networkWith({ HTTP_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' });
  for (const host of ['127.0.0.1', 'localhost']) {
    expect((await network.fetch(`http://${host}:${port}/`)).status).toBe(200);
  }
  expect(network.proxyFor({ origin: 'https://api.openai.com' })?.shown).toBe('http://127.0.0.1:9');
});

test('an address that is refused directly is refused through a proxy', async () => {
  const proxy = await startProxy({ to: await startFarServer({}) });
  const network = await networkWith({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  const request = { path: '/', method: 'GET' as const, headers: key, body: null, mayBePrivate: false };
  for (const origin of ['https://169.254.169.254', 'https://10.0.0.1', 'https://[fe80::1]']) {
    const sent = createSend(network).send({ ...request, origin }, new AbortController().signal);
    await expect(sent).rejects.toMatchObject({ code: 'upstream_address_refused' });
  }
  expect(proxy.seen).toEqual([]);
});

test('one provider may have a proxy of its own, or none', async () => {
  const to = await startFarServer({});
  const [all, own] = [await startProxy({ to }), await startProxy({ to })];
  const network = await networkWith({ HTTPS_PROXY: `http://127.0.0.1:${all.port}` });
  const shown = (choice: Parameters<Network['proxyFor']>[0]['proxy']) =>
    network.proxyFor({ origin: `https://${farHost}`, ...(choice ? { proxy: choice } : {}) })?.shown ?? null;
  const named = { use: 'proxy', url: `http://a:b@127.0.0.1:${own.port}`, noProxy: '' } as const;
  expect([shown(undefined), shown({ use: 'environment' }), shown({ use: 'none' }), shown(named)]).toEqual([
    `http://127.0.0.1:${all.port}`,
    `http://127.0.0.1:${all.port}`,
    null,
    `http://127.0.0.1:${own.port}`,
  ]);
  network.use({ ...trusting, proxy: { use: 'none' } });
  expect(shown({ use: 'environment' })).toBeNull();
});

test.each([
  ['https://api.example.com', 'example.com', true],
  ['https://example.com', 'example.com', true],
  ['https://example.com', '.example.com', true],
  ['https://a.example.com', '*.example.com', true],
  ['https://notexample.com', 'example.com', false],
  ['https://example.com.evil.test', 'example.com', false],
  ['https://API.Example.com', 'other.test, EXAMPLE.com', true],
  ['https://api.example.com', 'other.test other.example example.com', true],
  ['https://api.example.com', '*', true],
  ['https://api.example.com', '', false],
  ['https://api.example.com', ',, ,', false],
  ['https://api.example.com', 'example.com:443', true],
  ['https://api.example.com', 'example.com:8443', false],
  ['http://api.example.com:8080', 'example.com:8080', true],
  ['http://api.example.com', 'example.com:80', true],
  ['http://10.1.2.3', '10.0.0.0/8', true],
  ['http://11.1.2.3', '10.0.0.0/8', false],
  ['http://10.1.2.3', '10.1.2.3', true],
  ['http://10.1.2.3', '2.3', false],
  ['http://[2001:db8::5]', '2001:db8::/32', true],
  ['http://[2001:db8::5]', '[2001:db8::5]', true],
  ['http://[2001:db8::5]:81', '[2001:db8::5]:82', false],
  ['http://api.example.com', '10.0.0.0/8', false],
  ['http://api.example.com', '10.0.0.0/x', false],
  ['http://127.9.9.9', '', true],
  ['http://app.localhost', '', true],
  ['http://[::1]:1', '', true],
])('%s with NO_PROXY=%s: direct is %s', (url, noProxy, isDirect) => {
  expect(isExempt(new URL(url), noProxy)).toBe(isDirect);
});

test('lower case counts before upper case, a scheme before all, and no login is shown', () => {
  const environment = {
    https_proxy: '',
    HTTPS_PROXY: 'http://ann:se%40cret@proxy.corp:3128',
    http_proxy: 'lower.corp:80',
    HTTP_PROXY: 'http://upper.corp',
    ALL_PROXY: 'socks5://ann:pass@all.corp:1080',
    no_proxy: 'corp',
  };
  expect(proxyVariables(environment)).toEqual([
    { name: 'HTTPS_PROXY', value: 'http://proxy.corp:3128' },
    { name: 'http_proxy', value: 'http://lower.corp' },
    { name: 'ALL_PROXY', value: 'socks5://all.corp:1080' },
    { name: 'no_proxy', value: 'corp' },
  ]);
  const network = createNetwork({ environment, nowMs: Date.now });
  const from = (origin: string) => network.proxyFor({ origin })?.from ?? null;
  expect([from('https://a.test'), from('http://a.test'), from('https://a.corp')]).toEqual([
    'HTTPS_PROXY',
    'http_proxy',
    null,
  ]);
});
