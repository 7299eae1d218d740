import { expect, test } from 'vitest';
import { startTestBackend } from '../support/start-test-backend.ts';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { startApp } from '../main/faults/run-app.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { codeOf, exchange, raw } from './raw-http.ts';

type Kind = 'own' | 'foreign' | 'malformed';

/** What may stand in `Host`: this listener's names, well-formed others, and what no name is. */
function hosts(port: number): [string, Kind][] {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `LocalHost:${port}`, `[::1]:${port}`];
  const foreign = [
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    '127.0.0.1:80',
    `127.0.0.1:${port + 1}`,
    `127.0.0.1:0${port % 10_000}`,
    `127.1:${port}`,
    `127.0.0.2:${port}`,
    `0.0.0.0:${port}`,
    `0:${port}`,
    `2130706433:${port}`,
    `0x7f.0.0.1:${port}`,
    `0177.0.0.1:${port}`,
    `[::]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `[0:0:0:0:0:0:0:1]:${port}`,
    `[::1]:1`,
    '[::1]',
    `localhost.evil.example:${port}`,
    `evil.example:${port}`,
    'evil.example',
    `127.0.0.1.nip.io:${port}`,
    `localtest.me:${port}`,
    `machine.local:${port}`,
    `192.168.1.5:${port}`,
    `169.254.169.254`,
    `metadata.google.internal`,
    `xn--lcalhost-y9a:${port}`,
    '127.0.0.1:99999',
    `${'a'.repeat(250)}:${port}`,
  ];
  const malformed = [
    '',
    ' ',
    `:${port}`,
    '127.0.0.1:',
    '127.0.0.1:-1',
    '127.0.0.1:port',
    '127.0.0.1:123456',
    `localhost.:${port}`,
    `.localhost:${port}`,
    `-localhost:${port}`,
    `user@127.0.0.1:${port}`,
    `user:secret@localhost:${port}`,
    `127.0.0.1:${port}@evil.example`,
    `127.0.0.1:${port},evil.example`,
    `127.0.0.1:${port} evil.example`,
    `127.0.0.1:${port}/`,
    `127.0.0.1:${port}/v1`,
    `127.0.0.1:${port}#x`,
    `127.0.0.1:${port}?x`,
    `127.0.0.1:${port}\\`,
    `http://127.0.0.1:${port}`,
    `::1:${port}`,
    `[::1:${port}`,
    `::1]:${port}`,
    `[::1%25lo]:${port}`,
    `[::1%lo]:${port}`,
    `[localhost]:${port}`,
    `*:${port}`,
    '*',
    `local host:${port}`,
    `local_host:${port}`,
    `%6cocalhost:${port}`,
    `l\xc3\xb6calhost:${port}`,
    `\xef\xbd\x8cocalhost:${port}`,
    `localhost\t:${port}`,
    `"localhost":${port}`,
    `<script>:${port}`,
  ];
  return [
    ...own.map((host): [string, Kind] => [host, 'own']),
    ...foreign.map((host): [string, Kind] => [host, 'foreign']),
    ...malformed.map((host): [string, Kind] => [host, 'malformed']),
  ];
}

const refusals: Readonly<Record<Exclude<Kind, 'own'>, readonly string[]>> = {
  foreign: ['host_not_allowed'],
  malformed: ['invalid_host', 'host_not_allowed', 'bad_request'],
};

const body = JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] });
const callLines = (target: string, host: string, key: string): string[] => [
  `POST ${target} HTTP/1.1`,
  ...(host === '\0none' ? [] : [`host: ${host}`]),
  `authorization: Bearer ${key}`,
  'content-type: application/json',
  `content-length: ${body.length}`,
  'connection: close',
];

/** Targets that mean the endpoint for chat completions, however they are written. */
const meant = [
  '/v1/chat/completions',
  '/chat/completions',
  '/v1/v1/chat/completions',
  '/v1/chat/completions/',
  '/v1/chat/completions?x=http://evil.example/',
  '/v1/chat/completions?x=%2f..%2f',
  '/v1/chat/completions#x',
  '/v1/chat/completions/chat/completions',
];

/** What goes along as it is: it leads nowhere else. */
const queryOf = (target: string): string => /\?.*$/.exec(target.split('#', 1)[0] ?? '')?.[0] ?? '';

/** Targets that mean nothing, or nothing that a chat request may be sent to. */
function meaningless(port: number): string[] {
  return [
    `http://127.0.0.1:${port}/v1/chat/completions`,
    `https://127.0.0.1:${port}/v1/chat/completions`,
    'http://evil.example/v1/chat/completions',
    'HTTP://evil.example/v1/chat/completions',
    'file:///v1/chat/completions',
    'evil.example:443',
    'v1/chat/completions',
    '*',
    '/',
    '/?/v1/chat/completions',
    '/#/v1/chat/completions',
    '//v1/chat/completions',
    '///v1/chat/completions',
    '//evil.example/v1/chat/completions',
    '/v1//chat/completions',
    '/v1/./chat/completions',
    '/v1/../v1/chat/completions',
    '/../v1/chat/completions',
    '/v1/chat/completions/..',
    '/v1/chat/completions/.',
    '/v1/chat/completions/../../v1/files',
    '/anthropic/../v1/chat/completions',
    '/v1/%2e%2e/v1/chat/completions',
    '/v1/%2E%2E%2Fv1/chat/completions',
    '/v1%2fchat%2fcompletions',
    '/v1/chat%2Fcompletions',
    '/v1/chat%252fcompletions',
    '/%76%31/chat/completions',
    '/v1/chat/completion%73',
    '/v1/chat/completions%00',
    '/v1/chat/completions%0d%0aHost:%20evil.example',
    '/v1/chat/completions%20',
    '/v1/chat/completions%',
    '/v1/chat/completions%zz',
    '/v1/chat/completions%c0%af',
    '/v1\\chat\\completions',
    '/v1/chat\\..\\completions',
    '/v1/chat/completions;jsessionid=1',
    '/v1;x/chat/completions',
    '/V1/chat/completions',
    '/v1/CHAT/completions',
    '/v2/chat/completions',
    '/v1/chat/completions.json',
    '/v1/chat/completions/x',
    '/v1/chat/completions@evil.example',
    '/v1/chat/completions:443',
    '/v1/chat/\xc3\xa7ompletions',
    '/v1/chat/completi\xef\xbd\x8fns',
    '/v1/files/..',
    '/v1/files/../../admin',
    '/v1/files/a%2f..%2fb',
    `/v1/files/${'a'.repeat(201)}`,
    '/v1/responses/resp_1/..',
    '/v1/responses/resp_1/../../admin',
    '/v1/responses/resp_1%2fcancel',
    '/v1/responses/resp_1/cancel/cancel',
    `/v1/responses/${'1'.repeat(201)}`,
    '/__proto__',
    '/constructor',
    `/${'a'.repeat(12_000)}`,
    `/v1/${'a/'.repeat(5_000)}`,
  ];
}

/** Whether an answer is one refusal of ours, and no failure. */
function isRefusal({ text, statuses }: { text: string; statuses: number[] }, codes?: readonly string[]): boolean {
  const [status = 0] = statuses;
  const code = codeOf(text);
  return (
    statuses.length === 1 && status >= 400 && status < 500 && (codes === undefined ? code !== '' : codes.includes(code))
  );
}

test(
  'the app: a Host that is not its own reaches neither calls, health, pages nor the app API (A1, A2)',
  { timeout: 60_000 },
  async () => {
    const upstream = await startMockUpstream();
    const app = await startApp({ home: await temporaryHome() });
    const port = Number(new URL(app.gateway).port);
    await app.call('providers.add', {
      id: 'mock',
      kind: 'custom',
      baseUrl: `${upstream.origin}/v1`,
      custom: { dialects: ['openai-chat'], isLocal: true },
      key: 'sk-upstream',
    });
    const { secret: key } = await app.call('keys.create', { label: 'tool', route: 'provider:mock' });
    const wrong: unknown[] = [];
    for (const [host, kind] of hosts(port)) {
      const asks: [string, string][] = [
        ['call', raw(callLines('/v1/chat/completions', host, key), body)],
        ['health', raw(['GET /healthz HTTP/1.1', `host: ${host}`, 'connection: close'])],
        ['hello', raw([`GET /api/hello?nonce=${'a'.repeat(32)} HTTP/1.1`, `host: ${host}`, 'connection: close'])],
        ['page', raw(['GET / HTTP/1.1', `host: ${host}`, 'connection: close'])],
      ];
      for (const [what, bytes] of asks) {
        const before = upstream.received.length;
        const answer = await exchange(port, bytes);
        const isRight =
          kind === 'own' ? (answer.statuses[0] ?? 500) < 400 || what === 'page' : isRefusal(answer, refusals[kind]);
        const reached = upstream.received.length - before;
        if (!isRight || reached !== (kind === 'own' && what === 'call' ? 1 : 0))
          wrong.push([host, what, reached, answer.text.slice(0, 200)]);
      }
    }
    expect(wrong).toEqual([]);

    const own = `127.0.0.1:${port}`;
    const wrongPaths: unknown[] = [];
    for (const target of [...meant, ...meaningless(port)]) {
      const before = upstream.received.length;
      const answer = await exchange(port, raw(callLines(target, own, key), body));
      const sent = upstream.received.slice(before).map(({ path }) => path);
      const isMeant = meant.includes(target);
      const isRight = isMeant
        ? answer.statuses[0] === 200 && sent.join() === `/v1/chat/completions${queryOf(target)}`
        : isRefusal(answer) && sent.length === 0;
      if (!isRight) wrongPaths.push([target.slice(0, 80), sent, answer.text.slice(0, 120)]);
    }
    expect(wrongPaths).toEqual([]);
    for (const missing of [
      raw(callLines('/v1/chat/completions', '\0none', key), body),
      raw(['GET /healthz HTTP/1.0']),
      raw(['GET /healthz HTTP/1.1', `host: ${own}`, `host: ${own}`, 'connection: close']),
      raw(['GET /healthz HTTP/1.1', `host: ${own}`, 'host: evil.example', 'connection: close']),
    ]) {
      expect(isRefusal(await exchange(port, missing), ['invalid_host', 'bad_request'])).toBe(true);
    }
    expect(await app.stop()).toBe(0);
    await upstream.close();
  },
);

test(
  'the service: on loopback its own names only; behind a domain any well-formed one, and never a failure',
  { timeout: 60_000 },
  async () => {
    const upstream = await startMockUpstream();
    const pools = {
      openai: [
        {
          name: 'mock',
          baseUrl: upstream.origin,
          dialectFamily: 'openai' as const,
          apiKey: 'sk-upstream',
          priority: 0,
          weight: 1,
        },
      ],
    };
    for (const publicBaseUrl of [null, 'https://corvus.example']) {
      await using service = await startTestBackend({ pools, publicBaseUrl });
      const port = Number(new URL(service.baseUrl).port);
      const wrong: unknown[] = [];
      for (const [host, kind] of hosts(port)) {
        const isOurs = kind === 'own' || (kind === 'foreign' && publicBaseUrl !== null);
        for (const bytes of [
          raw(callLines('/v1/chat/completions', host, service.customerKey), body),
          raw(['GET /healthz HTTP/1.1', `host: ${host}`, 'connection: close']),
          raw(['GET /dashboard/login HTTP/1.1', `host: ${host}`, 'connection: close']),
        ]) {
          const before = upstream.received.length;
          const answer = await exchange(port, bytes);
          const isRefused = isRefusal(answer) && upstream.received.length === before;
          // A name that only a browser's own reading makes an address may be refused as malformed behind a domain, too.
          const isRight =
            kind === 'own' ? answer.statuses[0] === 200 : isOurs ? isRefused || answer.statuses[0] === 200 : isRefused;
          if (!isRight) wrong.push([publicBaseUrl, host, bytes.slice(0, 30), answer.text.slice(0, 200)]);
        }
      }
      for (const target of [...meant, ...meaningless(port)]) {
        const before = upstream.received.length;
        const answer = await exchange(port, raw(callLines(target, `127.0.0.1:${port}`, service.customerKey), body));
        const sent = upstream.received.slice(before).map(({ path }) => path);
        const isMeant = meant.includes(target);
        // No parameter that the service does not know reaches its upstream.
        const isRight = isMeant
          ? answer.statuses[0] === 200 && sent.join() === '/v1/chat/completions'
          : isRefusal(answer) && sent.length === 0;
        if (!isRight) wrong.push([target.slice(0, 80), sent, answer.text.slice(0, 120)]);
      }
      expect(wrong).toEqual([]);
    }
    await upstream.close();
  },
);
