import { expect, test, vi } from 'vitest';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import type { EnvelopeState } from '#shared/domain/envelope.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { detail } from '../../gallery/samples.ts';
import { ownedHome, run } from './cli-fixture.ts';

const keyId = localKeyIdSchema.parse('key_1');
const key: Output<'keys.revoke'> = {
  id: keyId,
  label: 'x',
  hint: '',
  route: 'auto',
  limits: noLimits,
  steadiesAttribution: false,
  createdAtMs: 0,
  lastUsedAtMs: null,
  revokedAtMs: 1,
};
const noSums = {
  requests: 0,
  failures: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  totalMs: null,
  firstByteMs: null,
};
const started = {
  id: null,
  name: 'x',
  keyId,
  isNewKey: true,
  model: 'gpt-4.1',
  variables: { KEY: 'secret' },
  unset: [],
  parameters: [],
  steps: [],
};

/** Envelopes as the core keeps them. */
const envelopesIn = (wallets: EnvelopeState[]): Partial<Handlers> => ({
  'envelopes.create': async (terms) => {
    const since = { createdAtMs: 0, countsFromMs: 0, periodStartMs: 0, resetsAtMs: null };
    const id = envelopeIdSchema.parse('env_1');
    const made = { ...terms, ...since, id, isPaused: false, spent: '0.00', held: '0.00', left: '5.00' };
    wallets.push(made);
    return made;
  },
  'envelopes.list': async () => wallets,
  'envelopes.remove': async (terms) => {
    wallets.splice(0);
    return terms;
  },
});

test('a program that cannot be started leaves neither the key nor the envelope of its run', async () => {
  const wallets: EnvelopeState[] = [];
  // A key that is already gone must not keep the command from its end, nor the envelope from its own.
  const revoke = vi.fn<Handlers['keys.revoke']>(() => Promise.reject(new CorvusError('not_found')));
  const { home } = await ownedHome({
    'tools.start': async () => started,
    ...envelopesIn(wallets),
    'requests.export': async () => ({ rows: [], nextCursor: null }),
    'keys.revoke': revoke,
  });
  const { code, error } = await run(['run', '--home', home, '--envelope', '5', '--', 'x'.repeat(5_000)]);
  expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('corvusllm: ') });
  expect(revoke).toHaveBeenCalledExactlyOnceWith({ id: keyId });
  expect(wallets).toEqual([]);
});

test('a key that was made for a command which does not start is revoked, and one from before is not', async () => {
  let isNewKey = true;
  const revoke = vi.fn<Handlers['keys.revoke']>(async () => key);
  const { home } = await ownedHome({
    'tools.start': async () => ({ ...started, isNewKey }),
    'keys.revoke': revoke,
  });
  const exits = [process.execPath, '-e', 'process.exit(127)'];
  expect(await run(['run', '--home', home, '--', ...exits])).toMatchObject({ code: 127 });
  expect(revoke).not.toHaveBeenCalled();
  expect(await run(['run', '--home', home, '--', 'nosuchcommand'])).toMatchObject({ code: 127 });
  expect(await run(['run', '--home', home, '--', 'x'.repeat(5_000)])).toMatchObject({ code: 1 });
  expect(revoke.mock.calls).toEqual([[{ id: keyId }], [{ id: keyId }]]);
  isNewKey = false;
  expect(await run(['run', '--home', home, '--', 'nosuchcommand'])).toMatchObject({ code: 127 });
  expect(revoke).toHaveBeenCalledTimes(2);
});

test('a run that was refused at its limit says so, however many requests followed, and its key ends before it is counted', async () => {
  const wallets: EnvelopeState[] = [];
  const calls: string[] = [];
  const pages: Record<string, Output<'requests.export'>> = {
    first: { rows: [detail({ errorMessage: 'The balance does not cover it.' })], nextCursor: 'second' },
    second: { rows: [detail({ errorMessage: 'The envelope env_1 is spent.' })], nextCursor: 'third' },
  };
  const { home } = await ownedHome({
    'tools.start': async () => started,
    ...envelopesIn(wallets),
    'requests.export': async ({ cursor }) => pages[cursor ?? 'first'] ?? { rows: [], nextCursor: null },
    'keys.revoke': async ({ id }) => {
      calls.push(`revoked with ${wallets.length} envelope`);
      return { ...key, id };
    },
  });
  const guarded = ['guard', '--home', home, '--max-run', '5', '--', process.execPath, '-e', ''];
  expect(await run(guarded)).toMatchObject({ code: 5, error: expect.stringContaining('spent 0.00 of 5 USD') });
  pages['second'] = { rows: [], nextCursor: null };
  expect(await run(guarded)).toMatchObject({ code: 0 });
  expect([calls, wallets]).toEqual([['revoked with 1 envelope', 'revoked with 1 envelope'], []]);
});

test('guard starts nothing below the balance, nor without one, and says what the run cost', async () => {
  let balance: Output<'balance.get'> = { state: 'none' };
  const revoked: string[] = [];
  const start = vi.fn<Handlers['tools.start']>(async () => started);
  const filters: unknown[] = [];
  const { home } = await ownedHome({
    'balance.get': async () => balance,
    'tools.start': start,
    'requests.sum': async ({ filter }) => {
      filters.push(filter.localKeyId);
      return { ...noSums, cost: '1.50', cacheSaved: '0.00', cacheLost: '0.00', requests: 3, unpriced: 2, open: 0 };
    },
    'keys.revoke': async ({ id }) => {
      revoked.push(id);
      return { ...key, id };
    },
  });
  const guard = (...options: string[]) =>
    run(['guard', '--home', home, ...options, '--', process.execPath, '-e', 'process.exit(9)']);
  const known = { balance: '3.00', held: '1.01', asOfMs: 0, isPlayMoney: false, isEstimate: false, topupUrl: null };
  for (const [now, reason] of [
    [{ state: 'none' }, 'no prepaid account'],
    [{ state: 'unknown', reason: '' }, 'cannot be confirmed'],
    [{ state: 'stale', spendable: '9.00', ...known }, 'cannot be confirmed'],
    [{ state: 'confirmed', spendable: '1.99', ...known }, '1.99 USD can be spent, less than 2 USD'],
  ] as const) {
    balance = now;
    expect(await guard('--min-balance', '2')).toMatchObject({ code: 4, error: expect.stringContaining(reason) });
  }
  expect(start).not.toHaveBeenCalled();
  expect(await guard()).toMatchObject({ code: 2, error: expect.stringContaining('--min-balance, --max-run or both') });
  expect(await guard('--max-run', '0')).toMatchObject({ code: 2 });

  balance = { state: 'confirmed', spendable: '2.00', ...known };
  expect(await guard('--min-balance', '2')).toMatchObject({
    code: 9,
    error: expect.stringContaining('spent 1.50 USD, and 2 requests of unknown cost'),
  });
  expect(start).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ isOneRun: true }));
  expect([filters, revoked]).toEqual([[keyId], [keyId]]);
});
