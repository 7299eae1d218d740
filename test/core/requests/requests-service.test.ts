import { expect, onTestFinished, test } from 'vitest';
import { createRequestsService } from '#core/requests/requests-service.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { begun, finished, openTestStore, realClock } from '../../support/store-fixture.ts';

test('at a service that never reports a settlement, a part costs the same in the list and in the request that it is of', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const service = createRequestsService({
    clock: realClock,
    store,
    emit: () => undefined,
    hasAccountApi: () => false,
  });
  onTestFinished(() => service.stop());
  const whole = begun({ lane: null, provider: 'corvus', routeReason: 'plan', plan: 'team' });
  const part = begun({ parentId: whole.id });
  for (const request of [whole, part]) store.requests.begin(request);
  store.requests.finish(finished(part.id));
  const { handlers } = service;
  const { parts } = await handlers['requests.get']({ id: whole.id });
  const { rows } = await handlers['requests.list']({
    filter: { ...noFilter, lane: 'prepaid' },
    cursor: null,
    limit: 1,
  });
  expect(rows).toMatchObject([{ id: part.id, costKind: 'estimate' }]);
  expect(parts).toEqual(rows);
});
