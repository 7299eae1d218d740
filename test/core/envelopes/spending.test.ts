import { expect, test } from 'vitest';
import { createConfirmations } from '#core/envelopes/confirmations.ts';
import { createEnvelopeCounters } from '#core/envelopes/envelope-counters.ts';
import type { Place } from '#core/envelopes/size-call.ts';
import { createSpending } from '#core/envelopes/spending.ts';
import { modelPriceSchema } from '#shared/domain/model-price.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const price = modelPriceSchema.parse({
  slug: 'm',
  name: 'M',
  family: 'openai',
  provider: 'mine',
  mode: 'chat',
  dialects: ['openai-chat'],
  prepaid: true,
  prices: { input: '1.00', output: '2.00' },
});
const priced: Place = { lane: 'byok', provider: 'mine', model: 'm', price };
const unpriced: Place = { lane: 'byok', provider: 'other', model: 'unknown', price: null };

function reserve(places: readonly Place[]) {
  const counters = createEnvelopeCounters(() => 0);
  const terms = { name: 'All', scope: { kind: 'everything' }, limit: '1.00', period: 'once', timeZone: 'UTC' } as const;
  const id = envelopeIdSchema.parse('env_1');
  counters.put({ ...terms, id, allowsUnpriced: false, isPaused: false, createdAtMs: 0, countsFromMs: 0 });
  const nothing = () => undefined;
  const spending = createSpending({
    clock: nodeClock,
    counters,
    confirmations: createConfirmations(counters),
    changed: nothing,
    reached: nothing,
  });
  const keyId = localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69');
  const payer = { keyId, model: 'm', project: null, session: null };
  return spending.reserve({
    call: testCall(),
    payer,
    places,
    staysAtFirst: true,
    ceiling: null,
    clientGone: new AbortController().signal,
  });
}

test('a plan that stays at its first candidate is not refused because no envelope pays for a later one', async () => {
  const grant = await reserve([priced, unpriced]);
  expect(grant.places.map(({ place }) => place)).toEqual([priced]);
});

test('and it is not led on to a later one that an envelope does pay for', async () => {
  await expect(reserve([unpriced, priced])).rejects.toMatchObject({ code: 'model_not_priced' });
});
