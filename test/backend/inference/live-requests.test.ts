import { expect, test } from 'vitest';
import { createLiveRequests } from '#backend/inference/live-requests.ts';
import { quiet } from '../../support/store-fixture.ts';

test('a service that stops waits for requests that are being admitted, and not for refused ones', async () => {
  const live = createLiveRequests(quiet);
  const reserved = Promise.withResolvers<string>();
  const refused = live.admit('req_1', () => Promise.reject(new Error('no money')));
  const admitted = live.admit('req_2', () => reserved.promise);
  let isEmpty = false;
  const empty = live.whenEmpty().then(() => (isEmpty = true));
  await expect(refused).rejects.toThrow('no money');
  expect([isEmpty, live.ids()]).toEqual([false, []]);
  reserved.resolve('held');
  expect(await admitted).toBe('held');
  expect([isEmpty, live.ids()]).toEqual([false, ['req_2']]);
  await live.close('req_2', () => Promise.resolve({ kind: 'ended_before' }));
  await empty;
  expect(live.size()).toBe(0);
});
