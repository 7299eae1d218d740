import { expect } from 'vitest';
import type { RequestId } from '#shared/ids.ts';
import { chat, type TestBackend } from '../../support/start-test-backend.ts';
import { begun, finished, requestId, type TestStore } from '../../support/store-fixture.ts';

/** A request as the gateway makes it: row first, then the call under the same id. */
export async function buy(opened: TestStore, backend: TestBackend, text: string, key?: string): Promise<RequestId> {
  const id = requestId(Date.now());
  opened.store.requests.begin(begun({ id, createdAtMs: Date.now(), modelRequested: 'corvus/echo' }));
  const reply = await backend.call('/v1/chat/completions', {
    body: chat(text),
    headers: { 'x-corvus-request-id': id },
    ...(key === undefined ? {} : { key }),
  });
  expect(reply.status).toBe(200);
  await reply.text();
  opened.store.requests.finish(finished(id));
  return id;
}
