import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BegunRequest, FinishedRequest } from '#core/store/requests/request-records.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { begun, finished, noAttribution, openTestStore, requestId } from '../../support/store-fixture.ts';

/** All that is kept of one request, whatever was said in it. */
const mostCharacters = 16_000;

const said = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .tuple(
      fc.constantFrom('x', '😀', '\0', '\u001b[31m', '\ud800', '"', '\u202e'),
      fc.integer({ min: 500, max: 60_000 }),
    )
    .map(([part, times]) => part.repeat(times)),
);
const orNull = fc.option(said);

test('with texts of any length and content from tools and upstreams, a row stays small and is found again (F15)', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const texts = fc.record({
    modelRequested: said,
    userAgent: orNull,
    plan: orNull,
    provider: said,
    endpoint: said,
    localKeyLabel: orNull,
  });
  const ends = fc.record({
    errorCode: orNull,
    errorMessage: orNull,
    modelServed: orNull,
    finishReason: orNull,
    catalogueVersion: orNull,
    provider: said,
  });
  await fc.assert(
    fc.asyncProperty(texts, ends, orNull, fc.integer({ min: 1, max: 300 }), async (begin, end, word, tries) => {
      const request: BegunRequest = { ...begun(), ...begin };
      requests.begin(request);
      const attempt = { ...finished(request.id).attempts[0], provider: word ?? 'p', model: word, errorCode: word };
      const attempts = Array.from(
        { length: tries },
        (_none, index) => ({ ...attempt, number: index + 1 }) as FinishedRequest['attempts'][0],
      );
      requests.finish({ ...finished(request.id), ...end, attempts });
      const detail = await requests.get(request.id);
      expect(detail).toMatchObject({ status: 'completed', costKind: 'pending' });
      const { attempts: stored, ...row } = detail ?? { attempts: [] };
      expect(
        JSON.stringify(row, (_name, value: unknown) => (typeof value === 'string' ? 'x'.repeat(value.length) : value))
          .length,
      ).toBeLessThan(mostCharacters);
      expect(stored.length).toBeLessThanOrEqual(100);
      for (const { provider, model, errorCode } of stored)
        for (const text of [provider, model, errorCode]) expect(text?.length ?? 0).toBeLessThanOrEqual(512);
      const { rows } = await requests.list({ ...noFilter, model: detail?.modelRequested ?? null }, null, 500);
      expect(rows.map(({ id }) => id)).toContain(request.id);
    }),
    { numRuns: 60 },
  );
});

test('refusals and receipts stay small too (F15)', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const huge = '😀\0'.repeat(200_000);
  const id = requestId();
  requests.refused({
    id,
    createdAtMs: 1_700_000_000_000,
    localKeyId: null,
    localKeyLabel: huge,
    dialect: 'openai-chat',
    endpoint: huge,
    modelRequested: huge,
    userAgent: huge,
    ...noAttribution,
    tool: huge,
    tags: { note: huge },
    httpStatus: 400,
    errorCode: huge,
    errorMessage: huge,
  });
  const request = begun();
  requests.begin(request);
  const cost = parseUsd('0.01');
  if (cost === null) throw new Error('no amount');
  requests.settled({
    requestId: request.id,
    costNanoUsd: cost,
    balanceAfterNanoUsd: null,
    modelServed: huge,
    usage: null,
    usageSource: 'provider',
    unitPrices: null,
    catalogueVersion: huge,
    billing: null,
    writtenOffNanoUsd: nanoUsd(0n),
    listedPrice: null,
  });
  for (const row of [await requests.get(id), await requests.get(request.id)]) {
    expect(JSON.stringify(row).length).toBeLessThan(mostCharacters);
    expect(JSON.stringify(row)).not.toContain('\\u0000');
  }
});
