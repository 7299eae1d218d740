import { expect, test, vi } from 'vitest';
import type { Handlers } from '#shared/contract/contract.ts';
import type { EnvelopeState } from '#shared/domain/envelope.ts';
import { CorvusError } from '#shared/errors.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { ownedHome, run } from './cli-fixture.ts';

const keyId = localKeyIdSchema.parse('key_1');
const started = {
  id: null,
  name: 'x',
  keyId,
  model: 'gpt-4.1',
  variables: { KEY: 'secret' },
  unset: [],
  parameters: [],
  steps: [],
};

test('a program that cannot be started leaves neither the key nor the envelope of its run', async () => {
  const envelopes: EnvelopeState[] = [];
  // The answer is not needed; a key that is already gone must not keep the command from its end either.
  const revoke = vi.fn<Handlers['keys.revoke']>(() => Promise.reject(new CorvusError('not_found')));
  const { home } = await ownedHome({
    'tools.start': async () => started,
    'envelopes.create': async (terms) => {
      const since = { createdAtMs: 0, countsFromMs: 0, periodStartMs: 0, resetsAtMs: null };
      const made = {
        ...terms,
        ...since,
        id: envelopeIdSchema.parse('env_1'),
        isPaused: false,
        spent: '0.00',
        held: '0.00',
        left: '5.00',
      };
      envelopes.push(made);
      return made;
    },
    'envelopes.list': async () => envelopes,
    'keys.revoke': revoke,
  });
  const { code, error } = await run(['run', '--home', home, '--envelope', '5', '--', 'x'.repeat(5_000)]);
  expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('corvusllm: ') });
  expect(revoke).toHaveBeenCalledExactlyOnceWith({ id: keyId });
});
