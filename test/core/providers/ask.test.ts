import { expect, test } from 'vitest';
import { ask } from '#core/providers/ask.ts';
import { CorvusError } from '#shared/errors.ts';

test('a question that is given up while its answer begins does not wait for the rest', async () => {
  const asker = new AbortController();
  const closed = Promise.withResolvers<void>();
  const send = async () => {
    asker.abort();
    return {
      status: 200,
      headers: {},
      read: () => closed.promise,
      pause() {},
      resume() {},
      abort: () => closed.reject(new CorvusError('upstream_interrupted')),
    };
  };
  const question = { url: 'http://127.0.0.1/', headers: {}, body: null, mayBePrivate: true };
  await expect(ask({ send }, question, asker.signal)).rejects.toMatchObject({ code: 'upstream_interrupted' });
});
