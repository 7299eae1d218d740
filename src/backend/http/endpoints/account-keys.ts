import {
  type CustomerKey,
  customerKeyInputSchema,
  customerKeyListSchema,
  deletedCustomerKeySchema,
  newCustomerKeySchema,
} from '#shared/account/keys.ts';
import { addKey, dropKey, type KeyChange, rotateKey } from '../../accounts/change-keys.ts';
import type { CustomerKeyRow } from '../../database/schema.ts';
import { listKeys } from '../../store/customer-store.ts';
import type { Caller } from '../../store/request-store.ts';
import { keyEndpoint } from '../declare-endpoint.ts';
import type { Services } from '../services.ts';

const path = '/v1/account/keys';

export const listAccountKeys = keyEndpoint({
  method: 'get',
  path,
  summary: 'The keys that draw on this balance, newest first.',
  reply: customerKeyListSchema,
}).handle(async ({ services, caller }) => {
  const rows = await listKeys(services.db, caller.accountId);
  return { object: 'list', data: rows.map((row) => viewOf(row, caller)) };
});

export const postAccountKey = keyEndpoint({
  method: 'post',
  path,
  summary: 'Makes one more key. The key itself is in this reply and nowhere else.',
  body: customerKeyInputSchema,
  reply: newCustomerKeySchema,
  status: 201,
  errors: ['conflict'],
}).handle(async ({ services, caller, body: { label } }) => {
  const { row, key } = await addKey(services.db, changeOf(services, caller), label);
  return { ...viewOf(row, caller), key };
});

export const rotateAccountKey = keyEndpoint({
  method: 'post',
  path: `${path}/:id/rotate`,
  summary: 'Puts another key in the place of this one, which is dead from then on.',
  reply: newCustomerKeySchema,
  status: 201,
  errors: ['not_found'],
}).handle(async ({ context, services, caller }) => {
  const { row, key, revokedHash } = await rotateKey(services.db, changeOf(services, caller), context.req.param('id') ?? '');
  services.authenticator.forget(revokedHash);
  return { ...viewOf(row, caller), key };
});

export const deleteAccountKey = keyEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  summary: 'Revokes a key at once. The last one stays: nobody could use the balance any more.',
  reply: deletedCustomerKeySchema,
  errors: ['not_found', 'conflict'],
}).handle(async ({ context, services, caller }) => {
  const id = context.req.param('id') ?? '';
  services.authenticator.forget(await dropKey(services.db, changeOf(services, caller), id));
  return { object: 'customer_key', id, deleted: true };
});

function changeOf({ random, clock }: Services, { accountId }: Caller): KeyChange {
  return { accountId, random, nowMs: clock.nowMs() };
}

function viewOf(row: CustomerKeyRow, { customerKeyId }: Caller): CustomerKey {
  const timeText = (ms: bigint): string => new Date(Number(ms)).toISOString();
  return {
    object: 'customer_key',
    id: row.id,
    label: row.label,
    hint: row.hint,
    createdAt: timeText(row.created_at_ms),
    revokedAt: row.revoked_at_ms === null ? null : timeText(row.revoked_at_ms),
    isCurrent: row.id === customerKeyId,
  };
}
