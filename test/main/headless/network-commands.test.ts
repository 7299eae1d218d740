import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { Handlers } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import { readProxy } from '../../../src/main/headless/commands/network-commands.ts';
import { ownedHome, run } from './cli-fixture.ts';

const read = (proxy: string, options: Parameters<typeof readProxy>[2] = {}, stdin = '') => {
  const io = {
    stdin: Readable.from([stdin]),
    write: async () => undefined,
    isReaderGone: () => false,
    writeError: async () => undefined,
    prompts: null,
    umask: 0o022,
  };
  return readProxy({ home: undefined, isJson: false, io }, proxy, options);
};

test('a proxy is a word or an address, and its login comes from standard input', async () => {
  expect(await read('environment')).toEqual({ use: 'environment' });
  expect(await read('none')).toEqual({ use: 'none' });
  expect(await read('proxy.example.com:3128', { except: '.corp' })).toEqual({
    use: 'proxy',
    url: 'http://proxy.example.com:3128',
    noProxy: '.corp',
  });
  expect(await read('http://proxy.example.com:3128', { loginStdin: true }, 'ann:p@ss:word\n')).toMatchObject({
    url: 'http://ann:p%40ss%3Aword@proxy.example.com:3128/',
  });
  await expect(read('ftp://proxy')).rejects.toMatchObject({ code: 'bad_request' });
});

test('a file of authorities is looked for where the command is given', async () => {
  const set = vi.fn<Handlers['network.set']>(() => Promise.reject(new CorvusError('bad_request')));
  const { home } = await ownedHome({ 'network.set': set });
  await run(['network', 'set', '--ca-file', 'company.pem', '--home', home]);
  expect(set.mock.lastCall?.[0]).toEqual({ caFile: resolve('company.pem') });
  await run(['network', 'set', '--ca-file', 'none', '--home', home]);
  expect(set.mock.lastCall?.[0]).toEqual({ caFile: null });
});
