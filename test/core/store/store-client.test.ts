import { expect, expectTypeOf, test } from 'vitest';
import { boundRow } from '#core/store/requests/bound-row.ts';
import { captureOperations } from '#core/store/requests/captures.ts';
import type { Call } from '#core/store/threads/channel.ts';
import type { ReadDb, WriteDb } from '#core/store/database/database.ts';
import {
  type Operations,
  type ReadOperations,
  readOperations,
  shortReads,
  wholeReads,
  type WriteOperations,
  writeOperations,
} from '#core/store/operations.ts';
import type { BegunRequest } from '#core/store/requests/request-records.ts';
import { type CallSender, createStoreClient, type StoreClient } from '#core/store/threads/store-client.ts';
import type { Store } from '#core/store/store.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { type ProviderId, providerIdSchema, type RequestId } from '#shared/ids.ts';
import { begun, openTestStore } from '../../support/store-fixture.ts';

/** Records what is sent, and answers each call with its own arguments. */
function echoSender(): CallSender & { sent: Call[] } {
  const sent: Call[] = [];
  return {
    sent,
    async send(calls) {
      sent.push(...calls);
      return calls.map(([, ...args]) => ({ ok: true, value: args }));
    },
  };
}

type Groups = Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>;

test('every operation is a method that sends its own name and arguments to the thread of its table', async () => {
  const [reads, whole, kept, short, writes] = [echoSender(), echoSender(), echoSender(), echoSender(), echoSender()];
  const client = createStoreClient({
    reads,
    wholeReads: whole,
    captures: kept,
    shortReads: short,
    writes,
  }) as unknown as Groups;
  const names = Object.entries(client).flatMap(([group, methods]) =>
    Object.keys(methods).map((method) => `${group}.${method}`),
  );
  expect(names.sort()).toEqual(
    [readOperations, wholeReads, captureOperations, shortReads, writeOperations]
      .flatMap((table) => Object.keys(table))
      .sort(),
  );
  for (const [channel, table] of [
    [reads, readOperations],
    [whole, wholeReads],
    [kept, captureOperations],
    [short, shortReads],
    [writes, writeOperations],
  ] as const) {
    for (const name of Object.keys(table)) {
      const [group = '', method = ''] = name.split('.');
      expect(await client[group]?.[method]?.(name, 2, null)).toEqual([name, 2, null]);
    }
    expect(channel.sent).toEqual(Object.keys(table).map((name) => [name, name, 2, null]));
  }
});

test('no operation is in two tables, and what happens to requests cannot be written past the journal', () => {
  const names = [readOperations, wholeReads, captureOperations, shortReads, writeOperations].flatMap((table) =>
    Object.keys(table),
  );
  expect(new Set(names).size).toBe(names.length);
  expectTypeOf<keyof ReadOperations & keyof WriteOperations>().toBeNever();
  const client = createStoreClient({
    reads: echoSender(),
    wholeReads: echoSender(),
    captures: echoSender(),
    shortReads: echoSender(),
    writes: echoSender(),
  });
  for (const name of ['begin', 'finish', 'refused', 'settled']) expect(client.requests).not.toHaveProperty(name);
});

test('a refusal rejects with its code, and a thread that answers nothing with an internal error', async () => {
  const refusing: CallSender = {
    send: async () => [{ ok: false, failure: { code: 'storage_unavailable', message: 'The disk is full.' } }],
  };
  const silent: CallSender = { send: async () => [] };
  const client = createStoreClient({
    reads: refusing,
    wholeReads: silent,
    captures: silent,
    shortReads: silent,
    writes: refusing,
  });
  await expect(client.settings.write('a', '1')).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: 'The disk is full.',
  });
  await expect(client.settings.read('a')).rejects.toMatchObject({ code: 'internal_error' });
});

test('a method has the arguments and the answer of its function', () => {
  expectTypeOf<StoreClient['requests']['get']>().toEqualTypeOf<(id: RequestId) => Promise<RequestDetail | null>>();
  expectTypeOf<StoreClient['settings']['write']>().toEqualTypeOf<(name: string, value: string) => Promise<void>>();
  expectTypeOf<Store['requests']['begin']>().returns.toEqualTypeOf<void>();
  expectTypeOf<Store['mirror']['applyLines']>().returns.toEqualTypeOf<Promise<RequestId[]>>();
});

test('what is in no table is neither in the type nor there', () => {
  expectTypeOf<StoreClient['requests']>().toHaveProperty('get');
  expectTypeOf<StoreClient['requests']>().not.toHaveProperty('erase');
  expectTypeOf<StoreClient['requests']>().not.toHaveProperty('begin');
  expectTypeOf<StoreClient>().not.toHaveProperty('invoices');
  const client = createStoreClient({
    reads: echoSender(),
    wholeReads: echoSender(),
    captures: echoSender(),
    shortReads: echoSender(),
    writes: echoSender(),
  });
  expect(client).not.toHaveProperty('invoices');
  expect(client.requests).not.toHaveProperty('erase');
});

test('a call with other arguments does not compile', () => {
  expectTypeOf<StoreClient['settings']['write']>().parameters.toEqualTypeOf<[name: string, value: string]>();
  expectTypeOf<StoreClient['localKeys']['list']>().parameters.toEqualTypeOf<[]>();
  expectTypeOf<[ProviderId]>().not.toExtend<Parameters<StoreClient['requests']['get']>>();
  expectTypeOf<[RequestId]>().toExtend<Parameters<StoreClient['requests']['get']>>();
  expectTypeOf<[Pick<BegunRequest, 'id'>]>().not.toExtend<Parameters<Store['requests']['begin']>>();
  expectTypeOf<[BegunRequest]>().toExtend<Parameters<Store['requests']['begin']>>();
});

test('a table of reads takes no function that writes', () => {
  expectTypeOf<ReadOperations>().toExtend<Operations<ReadDb>>();
  expectTypeOf<ReadOperations>().toExtend<Operations<WriteDb>>();
  expectTypeOf<Pick<WriteOperations, 'settings.write'>>().not.toExtend<Operations<ReadDb>>();
});

test('texts of outside are cut in the same calls as before: rows of requests and the result of a provider test', async () => {
  await using opened = await openTestStore();
  const { requests, providers } = opened.store;
  const long = 'x'.repeat(5_000);
  const request = begun({ modelRequested: long, userAgent: long });
  requests.begin(request);
  const { modelRequested, userAgent } = boundRow({ modelRequested: long, userAgent: long });
  expect(await requests.get(request.id)).toMatchObject({ modelRequested, userAgent });
  const id = providerIdSchema.parse('mine');
  await providers.insert({
    id,
    kind: 'openai-compatible',
    dialects: ['openai-chat'],
    baseUrl: 'http://127.0.0.1:1',
    isLocal: true,
    keys: [],
    proxy: { use: 'environment' },
    createdAtMs: 1,
    models: null,
    lastTest: null,
  });
  const models = Array.from({ length: 150 }, (_, index) => `model-${index}`);
  await providers.setTest({ id, models, lastTest: { atMs: 1, ok: false, latencyMs: 1, message: long } });
  const [stored] = await providers.list();
  expect(stored?.lastTest).toMatchObject(boundRow({ message: long }));
  // A provider's models are a list of its own, not a text of a row.
  expect(stored?.models).toEqual(models);
});
