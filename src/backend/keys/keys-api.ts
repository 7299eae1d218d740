import {
  customerKeyChangeSchema,
  customerKeyDetailSchema,
  customerKeyInputSchema,
  customerKeyListSchema,
  deletedCustomerKeySchema,
  customerKeySchema,
  newCustomerKeySchema,
} from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { addKey, changeKey, dropKey, type KeyChange, rotateKey } from './change-keys.ts';
import { keyView } from '../auth/key-views.ts';
import { readKeyCaps } from './read-key-caps.ts';
import { type KnownCaller, scopeOf } from '../auth/roles.ts';
import { listKeys, readKey } from '../auth/key-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { KeyRouteDeps } from './key-route-deps.ts';
import { pathId } from '../http/read-input.ts';

const path = '/v1/account/keys';

export const listAccountKeys = keyEndpoint({
  method: 'get',
  path,
  summary: 'The keys that draw on this balance, newest first.',
  reply: customerKeyListSchema,
}).handle<KeyRouteDeps>(async ({ services, caller }) => {
  const rows = await listKeys(services.db, scopeOf(caller));
  return { object: 'list', data: rows.map((row) => keyView(row, caller.customerKeyId)) };
});

export const postAccountKey = keyEndpoint({
  method: 'post',
  path,
  summary: 'Creates a key. The key itself is only in this reply.',
  body: customerKeyInputSchema,
  needs: 'admin',
  reply: newCustomerKeySchema,
  status: 201,
  errors: ['conflict', 'key_is_limited', 'rate_limit_exceeded'],
}).handle<KeyRouteDeps>(async ({ services, caller, body }) => {
  const { row, key } = await addKey(services.db, changeOf(services, caller), body);
  return { ...keyView(row, caller.customerKeyId), key };
});

export const getAccountKey = keyEndpoint({
  method: 'get',
  path: `${path}/:id`,
  summary: 'One key, and the state of its caps.',
  reply: customerKeyDetailSchema,
  errors: ['not_found'],
}).handle<KeyRouteDeps>(async ({ context, services, caller }) => {
  const row = await readKey(services.db, pathId(context));
  const scope = scopeOf(caller);
  const isSeen = row?.account_id === scope.accountId && (scope.memberId === null || row.member_id === scope.memberId);
  if (!row || !isSeen) throw new CorvusError('not_found', 'There is no such key.');
  return { ...keyView(row, caller.customerKeyId), caps: await readKeyCaps(services.db, row, services.clock.nowMs()) };
});

export const patchAccountKey = keyEndpoint({
  method: 'patch',
  path: `${path}/:id`,
  summary: 'Changes a key’s label or limits, from its next request on. Limits are set as a whole.',
  body: customerKeyChangeSchema,
  needs: 'admin',
  reply: customerKeySchema,
  errors: ['not_found', 'key_is_limited'],
}).handle<KeyRouteDeps>(async ({ context, services, caller, body }) => {
  const row = await changeKey(services.db, changeOf(services, caller), pathId(context), body);
  services.events.emit('key.changed', { keyHash: row.key_hash });
  services.events.emit('account.changed', { accountId: caller.accountId });
  return keyView(row, caller.customerKeyId);
});

export const rotateAccountKey = keyEndpoint({
  method: 'post',
  path: `${path}/:id/rotate`,
  summary: 'Replaces this key with another; the old one is revoked at once.',
  needs: 'admin',
  reply: newCustomerKeySchema,
  status: 201,
  errors: ['not_found', 'key_is_limited', 'rate_limit_exceeded'],
}).handle<KeyRouteDeps>(async ({ context, services, caller }) => {
  const { row, key, revokedHash } = await rotateKey(services.db, changeOf(services, caller), pathId(context));
  services.events.emit('key.changed', { keyHash: revokedHash });
  return { ...keyView(row, caller.customerKeyId), key };
});

export const deleteAccountKey = keyEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  summary: 'Revokes a key at once. An owner’s last key that manages stays: no other key could manage the account.',
  needs: 'admin',
  reply: deletedCustomerKeySchema,
  errors: ['not_found', 'conflict'],
}).handle<KeyRouteDeps>(async ({ context, services, caller }) => {
  const id = pathId(context);
  services.events.emit('key.changed', { keyHash: await dropKey(services.db, changeOf(services, caller), id) });
  return { object: 'customer_key', id, deleted: true };
});

function changeOf({ random, clock }: KeyRouteDeps, caller: KnownCaller): KeyChange {
  return { caller, random, nowMs: clock.nowMs() };
}
