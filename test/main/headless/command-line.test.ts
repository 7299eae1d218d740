import { execFile } from 'node:child_process';
import { lstat, readlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { catalogue } from '#core/providers/place.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import { localKeyIdSchema, providerIdSchema, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { localKey } from '../../support/store-fixture.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { table } from '../../../src/main/headless/output.ts';
import { ownedHome, run } from './cli-fixture.ts';
import { builtCli } from '../../support/built-program.ts';

const provider = {
  id: providerIdSchema.parse('deepseek'),
  kind: 'deepseek',
  dialects: ['openai-chat'] as const,
  baseUrl: 'https://api.deepseek.com',
  isLocal: false,
  keys: [],
  proxy: { use: 'environment' as const },
  through: null,
  createdAtMs: 0,
  models: null,
  lastTest: { atMs: 0, ok: false, message: 'The key was refused.', latencyMs: null },
  balance: null,
};
type Provider = Awaited<ReturnType<Handlers['providers.test']>>;
const asProvider = (): Provider => ({ ...provider, dialects: [...provider.dialects] });

test('at a terminal a key is asked for without being shown, and the provider is tested right after; only `providers test` fails by it', async () => {
  const add = vi.fn<Handlers['providers.add']>(async () => asProvider());
  const { home } = await ownedHome({
    'providers.catalogue': async () => catalogue(),
    'providers.add': add,
    'providers.test': async () => asProvider(),
  });
  const secret = vi.fn(async () => 'sk-typed');
  const prompts = { secret, confirm: async () => true };
  const added = await run(['providers', 'add', '--kind', 'deepseek', '--home', home], '', prompts);
  expect(added).toMatchObject({ code: 0, error: '' });
  expect(added.out).toContain('The key was refused.');
  expect(secret).toHaveBeenCalledWith('API key');
  expect(add.mock.lastCall?.[0]).toMatchObject({ key: 'sk-typed' });
  expect(await run(['providers', 'test', 'deepseek', '--home', home])).toMatchObject({ code: 1 });
  const left = { ...prompts, secret: () => Promise.reject(new CorvusError('cancelled')) };
  expect(await run(['account', 'connect', '--home', home], '', left)).toMatchObject({
    code: 130,
    error: expect.stringContaining('[cancelled]'),
  });
});

test('a limit is changed without losing the others, and none takes one away', async () => {
  const { secretHash: _hash, ...key } = localKey({ limits: { ...noLimits, requestsPerMinute: 10, concurrency: 2 } });
  const setLimits = vi.fn<Handlers['keys.set-limits']>(async ({ limits }) => ({ ...key, limits }));
  const { home } = await ownedHome({ 'keys.list': async () => [key], 'keys.set-limits': setLimits });
  expect(await run(['keys', 'limit', key.id, '--tokens', '500', '--at-once', 'none', '--home', home])).toMatchObject({
    code: 0,
    error: '',
  });
  expect(setLimits.mock.lastCall?.[0].limits).toEqual({ ...noLimits, requestsPerMinute: 10, tokensPerMinute: 500 });
  const limit = (...options: string[]) => run(['keys', 'limit', key.id, ...options, '--home', home]);
  expect(await limit('--switch', 'ask')).toMatchObject({ code: 2, error: expect.stringContaining('minutes to wait') });
  expect(await limit('--until', '2027-02-31')).toMatchObject({ code: 2 });
  expect((await limit('--switch', 'ask', '--wait', '10')).out).toContain(
    'waits 10 min for money · offers another lane',
  );
});

test('a key is limited, changed and revoked by its id or its label, if one working key has that', async () => {
  const keyOf = (id: string, revokedAtMs: number | null = null) => {
    const { secretHash: _hash, ...key } = localKey({ id: localKeyIdSchema.parse(id), label: 'My editor', revokedAtMs });
    return key;
  };
  const [gone, key] = [keyOf('lk_gone', 1), keyOf('lk_works')];
  let keys = [gone, key];
  const change = vi.fn<(input: { id: string }) => Promise<typeof key>>(async () => key);
  const { home } = await ownedHome({
    'keys.list': async () => keys,
    'keys.set-limits': change,
    'keys.set-attribution': change,
    'keys.revoke': change,
  });
  const commands = [['limit', '--tokens', '500'], ['attribution', 'steady'], ['revoke']] as const;
  const runAll = (named: string) =>
    Promise.all(commands.map(([verb, ...rest]) => run(['keys', verb, named, ...rest, '--home', home])));
  for (const named of [key.id, key.label]) {
    change.mockClear();
    for (const done of await runAll(named)) expect(done).toMatchObject({ code: 0, error: '' });
    expect(change.mock.calls.map(([{ id }]) => id)).toEqual([key.id, key.id, key.id]);
  }
  change.mockClear();
  keys = [...keys, keyOf('lk_other')];
  for (const done of await runAll(key.label))
    expect(done).toMatchObject({ code: 2, error: expect.stringContaining('name one by its id') });
  expect(change).not.toHaveBeenCalled();
});

test('what waits is shown with the price of both lanes, and sent to the other one', async () => {
  const { id: localKeyId } = localKey();
  const requestId = requestIdSchema.parse('req_019a8f3c5d2e7b4a9c1d2e3f4a5b6c7d');
  const waits = { requestId, localKeyId, localKeyLabel: 'Agent', model: 'm', required: '0.01', sinceMs: 0, untilMs: 1 };
  const offer = {
    here: { lane: 'prepaid' as const, provider: 'account', most: '0.012' },
    there: { lane: 'byok' as const, provider: 'openai', most: null },
  };
  const send = vi.fn<Handlers['parked.switch']>(async () => ({ isSent: true }));
  const { home } = await ownedHome({
    'parked.list': async () => [{ ...waits, awaits: { kind: 'balance' }, offer }],
    'parked.switch': send,
  });
  expect((await run(['waiting', '--home', home])).out).toContain(
    `The prepaid account: at most $0.012. Your key at openai: price not known.\nSend it there: corvusllm waiting switch ${requestId}`,
  );
  expect((await run(['waiting', 'switch', requestId, '--home', home])).out).toContain('It is sent there.');
  expect(send.mock.lastCall?.[0]).toEqual({ id: requestId });
});

test('requests are filtered by key, status and dates', async () => {
  const { secretHash: _hash, ...key } = localKey({ label: 'editor' });
  const list = vi.fn<Handlers['requests.list']>(async () => ({ rows: [], nextCursor: null }));
  const { home } = await ownedHome({
    'keys.list': async () => [key],
    'requests.list': list,
    'requests.refusals': async () => ({ total: 0, kinds: [] }),
  });
  const dates = ['--since', '2027-01-31', '--until', '2027-02-01T08:00'];
  const found = await run(['requests', '--status', 'failed', '--key', 'editor', ...dates, '--home', home]);
  expect(found.out).toBe('No recorded request matches.\n');
  expect((await run(['requests', '--home', home])).out).toBe('No requests yet.\n');
  const [fromMs, toMs] = [new Date(2027, 0, 31).getTime(), new Date(2027, 1, 1, 8).getTime()];
  expect(list.mock.calls[0]?.[0].filter).toEqual({ ...noFilter, status: 'failed', localKeyId: key.id, fromMs, toMs });
  // `Date` would take the first two for days of March.
  for (const day of ['2027-02-31', '2027-02-31T08:00', '2027-13-01', '2027-01-31T08:00Tx', 'soon'])
    expect(await run(['requests', '--since', day, '--home', home]), day).toMatchObject({ code: 2 });
  expect(await run(['requests', 'show', 'req_1', '--home', home])).toMatchObject({
    code: 1,
    error: expect.stringContaining('no id of a request'),
  });
});

test.each([
  [['topup', 'abc'], 2],
  [['guard', '--', 'true'], 2],
  [['doctor', '--try'], 2],
  [['doctor', '--request', 'x'], 1],
  [['network', 'set', '--proxy', 'ftp://proxy'], 2],
  [['run', '--tool', '!', '--', 'true'], 1],
  [['--version'], 0],
  [['-V'], 0],
])('%j exits with %d', async (parameters, code) => {
  expect(await run(parameters)).toMatchObject({ code });
});

test('a key is named by its id or label for an envelope too, which is called after it', async () => {
  const { secretHash: _hash, ...key } = localKey({ label: 'My editor' });
  const create = vi.fn<Handlers['envelopes.create']>(() => Promise.reject(new CorvusError('cancelled')));
  const { home } = await ownedHome({ 'keys.list': async () => [key], 'envelopes.create': create });
  const scope = { kind: 'key', keyId: key.id };
  for (const named of [key.id, key.label]) {
    await run(['envelopes', 'add', '5', '--key', named, '--home', home]);
    expect(create.mock.lastCall?.[0]).toMatchObject({ name: 'Key My editor', scope });
  }
  create.mockClear();
  expect(await run(['envelopes', 'add', '5', '--key', 'My editr', '--home', home])).toMatchObject({
    code: 1,
    error: expect.stringContaining('There is no key "My editr".'),
  });
  expect(create).not.toHaveBeenCalled();
});

test.each(['keys', 'providers', 'envelopes'] as const)('`%s` alone lists them', async (name) => {
  const { home } = await ownedHome({ [`${name}.list`]: async () => [] });
  expect(await run([name, '--home', home])).toMatchObject({ code: 0, out: expect.stringContaining('There are no') });
});

test('what has no words of its own in a schema is told in words', async () => {
  const { home } = await ownedHome({});
  expect(await run(['keys', 'add', ' ', '--home', home])).toMatchObject({
    code: 2,
    error: 'error: label: must not be empty [bad_request]\n',
  });
});

test('what the core finds wrong in what was typed is a usage error too', async () => {
  const { home } = await ownedHome({});
  expect(await run(['envelopes', 'add', 'five', '--home', home])).toMatchObject({
    code: 2,
    error: expect.stringContaining('[bad_request]'),
  });
});

test.skipIf(process.platform !== 'linux')(
  'a full disk is told, a reader that is gone is none of our business',
  async () => {
    const shell = (script: string) =>
      new Promise<{ code: number; error: string }>((resolve) => {
        execFile('bash', ['-c', `set -o pipefail; ${script}`, process.execPath, builtCli], (error, _out, text) =>
          resolve({ code: error ? Number(error.code) : 0, error: text }),
        );
      });
    expect(await shell('"$0" "$1" completion bash > /dev/full')).toMatchObject({
      code: 1,
      error: expect.stringContaining('storage_unavailable'),
    });
    expect(await shell('"$0" "$1" completion bash | head -c 1 > /dev/null')).toEqual({ code: 0, error: '' });
  },
);

test.skipIf(process.platform === 'win32')(
  'completion works in bash, and every script names every command',
  async () => {
    const scripts = await Promise.all(
      ['bash', 'zsh', 'fish'].map(async (shell) => (await run(['completion', shell])).out),
    );
    for (const script of scripts)
      expect(script).toMatch(/restore[\s\S]*--key-stdin|--key-stdin[\s\S]*restore|key-stdin/);
    const file = join(await temporaryHome(), 'completion.bash');
    await writeFile(file, scripts[0] ?? '');
    const complete = (line: string) =>
      new Promise<string[]>((resolve, reject) => {
        const words = line.split(' ');
        const script = `source '${file}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _corvusllm; echo "\${COMPREPLY[@]}"`;
        execFile('bash', ['-c', script], (error, out) => (error ? reject(error) : resolve(out.trim().split(' '))));
      });
    expect(await complete('corvusllm to')).toEqual(['topup', 'tools']);
    expect(await complete('corvusllm tools re')).toEqual(['restore']);
    expect(await complete('corvusllm keys limit lk_1 --to')).toEqual(['--tokens']);
  },
);

test.skipIf(process.platform === 'win32')(
  'link puts the command into a folder, and leaves a file of that name alone',
  async () => {
    const folder = await temporaryHome();
    const linked = await run(['link', '--dir', folder]);
    expect(linked).toMatchObject({ code: 0, out: expect.stringContaining('not on the PATH yet') });
    expect(await readlink(join(folder, 'corvusllm'))).toMatch(/bin\/corvusllm\.mjs$/);
    expect(await run(['link', '--dir', folder])).toMatchObject({ code: 0 });
    vi.stubEnv('PATH', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    // However the folder is typed, it is that one.
    for (const typed of [`${folder}/`, relative(process.cwd(), folder)])
      expect((await run(['link', '--dir', typed])).out).toBe(`${join(folder, 'corvusllm')} starts this Corvus.\n`);
    const other = await temporaryHome();
    await writeFile(join(other, 'corvusllm'), 'mine');
    expect(await run(['link', '--dir', other])).toMatchObject({
      code: 1,
      error: expect.stringContaining('[conflict]'),
    });
    expect((await lstat(join(other, 'corvusllm'))).isFile()).toBe(true);
  },
);

test('the keys of one provider are listed; an unknown provider, and a priority that is no number, are refused', async () => {
  const change = vi.fn<Handlers['providers.change-key']>(async () => asProvider());
  const list = async () => [asProvider(), { ...asProvider(), id: providerIdSchema.parse('other') }];
  const { home } = await ownedHome({ 'providers.list': list, 'providers.change-key': change });
  expect(JSON.parse((await run(['providers', 'keys', 'deepseek', '--json', '--home', home])).out)).toMatchObject({
    id: 'deepseek',
  });
  expect(await run(['providers', 'keys', 'deepsek', '--home', home])).toMatchObject({
    code: 1,
    out: '',
    error: 'error: There is no provider "deepsek". [not_found]\n',
  });
  // Sent as JSON, what is no number would be null, which leaves the key as it is.
  const changed = await run(['providers', 'change-key', 'deepseek', 'main', '--priority', 'high', '--home', home]);
  expect(changed).toMatchObject({ code: 2, out: '' });
  expect(change).not.toHaveBeenCalled();
});

test('a key is shown until its last day, wherever that is, and as expired afterwards', async () => {
  const keyUntil = (expiresAtMs: number) => {
    const { secretHash: _hash, ...key } = localKey({ limits: { ...noLimits, expiresAtMs } });
    return key;
  };
  const [past, coming] = [new Date(2020, 0, 1).getTime(), new Date(2090, 0, 1).getTime()];
  const { home } = await ownedHome({ 'keys.list': async () => [keyUntil(past), keyUntil(coming)] });
  const [, first, second] = (await run(['keys', 'ls', '--home', home])).out.split('\n');
  expect(first).toMatch(/until 2019-12-31 .* expired$/);
  expect(second).toMatch(/until 2089-12-31 .* active$/);
});

test('columns stand under their headings, whatever a name is written in', () => {
  const shown = table(
    ['NAME', 'COUNT ', 'STATE'],
    [
      ['编辑器', '1', 'one'],
      ['café', '20', 'two'],
      ['cafe\u0301 🚀', '3', 'three'],
    ],
  );
  expect(shown.split('\n')).toEqual([
    'NAME     COUNT  STATE',
    '编辑器       1  one',
    'café        20  two',
    'cafe\u0301 🚀      3  three',
  ]);
});

test('what could not be let through, refused or sent elsewhere ends with 1', async () => {
  const { home } = await ownedHome({
    'loops.let-through': async () => ({ isKnown: false }),
    'parked.refuse': async () => ({ hasWaited: false }),
    'parked.switch': async () => ({ isSent: false }),
  });
  const id = timeOrderedId('req', 0, new Uint8Array(10));
  expect(await run(['loops', 'let-through', 'loop_1', '--home', home])).toMatchObject({
    code: 1,
    out: 'There is no such loop.\n',
  });
  expect(await run(['waiting', 'refuse', id, '--home', home])).toMatchObject({ code: 1, out: 'It does not wait.\n' });
  expect(await run(['waiting', 'switch', id, '--home', home])).toMatchObject({ code: 1 });
  for (const command of [
    ['waiting', 'refuse'],
    ['waiting', 'switch'],
    ['repeats', 'let-through'],
  ])
    expect(await run([...command, 'x', '--home', home])).toMatchObject({
      code: 1,
      error: expect.stringContaining('"x" is no id of a request.'),
    });
});

test('a command that a group does not have is named, and so are those that it has', async () => {
  for (const typed of [
    ['keys', 'ad'],
    ['keys', 'ad', '--json'],
    ['tools', 'conect', 'codex'],
  ]) {
    const { code, error } = await run(typed);
    expect([code, error]).toEqual([
      2,
      expect.stringMatching(/^error: Unknown command '(keys ad|tools conect)'\. There are: /),
    ]);
  }
  expect((await run(['keys', 'ad'])).error).toContain('add, ls, limit, attribution, revoke.');
  expect((await run(['keys', 'add', 'a', 'b'])).error).toContain("Too many arguments for 'add'");
});

test('what a disk refuses is said without the names of calls and temporary files', async () => {
  const home = await temporaryHome();
  const missing = join(home, 'none', 'file');
  const error = (command: string[]) => run([...command, '--home', home]).then((ended) => ended.error);
  const unread = await error(['estimate', missing, '--model', 'm']);
  expect(unread).toBe(`error: ${missing} cannot be read: no such file or directory. [bad_request]\n`);
  const unwritten = await error(['backup', missing]);
  expect(unwritten).toBe(`error: ${missing} cannot be used: no such file or directory. [storage_unavailable]\n`);
});

test('plans that are no JSON are refused as such', async () => {
  for (const typed of ['', '{'])
    expect(await run(['plans', 'set'], typed)).toMatchObject({
      code: 2,
      error: 'error: Standard input is no JSON. [bad_request]\n',
    });
});

test('a change that names nothing to change is refused, and so is a part of a proxy without the proxy', async () => {
  const error = (...command: string[]) => run(command).then((ended) => [ended.code, ended.error]);
  expect(await error('envelopes', 'change', 'env_1')).toEqual([
    2,
    'error: Give --name, --unpriced or both. [bad_request]\n',
  ]);
  expect(await error('providers', 'change-key', 'x', 'main')).toEqual([2, expect.stringContaining('Give --priority')]);
  expect(await error('network', 'set')).toEqual([2, 'error: Give --proxy, --ca-file or both. [bad_request]\n']);
  for (const rest of [[], ['--ca-file', 'none'], ['--proxy', 'none']])
    expect(await error('network', 'set', '--except', 'internal', ...rest)).toEqual([
      2,
      'error: Give the address of the proxy that --except and --login-stdin belong to. [bad_request]\n',
    ]);
});
