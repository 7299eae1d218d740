import { type CustomerKey, customerKeyInputSchema } from '#shared/account/keys.ts';
import { addKey, dropKey, type KeyChange, rotateKey } from '../../accounts/change-keys.ts';
import type { CustomerKeyRow } from '../../database/schema.ts';
import { listKeys } from '../../store/customer-store.ts';
import type { Caller } from '../../store/request-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';
import type { Services } from '../services.ts';

const path = '/v1/account/keys';

export const listAccountKeys: KeyEndpoint = {
  method: 'get',
  path,
  access: 'key',
  async handle(context, { db }, caller) {
    const rows = await listKeys(db, caller.accountId);
    return context.json({ object: 'list', data: rows.map((row) => viewOf(row, caller)) });
  },
};

export const postAccountKey: KeyEndpoint = {
  method: 'post',
  path,
  access: 'key',
  async handle(context, services, caller) {
    const { label } = parseInput(customerKeyInputSchema, await readJsonBody(context));
    const { row, key } = await addKey(services.db, changeOf(services, caller), label);
    return context.json({ ...viewOf(row, caller), key }, 201);
  },
};

export const rotateAccountKey: KeyEndpoint = {
  method: 'post',
  path: `${path}/:id/rotate`,
  access: 'key',
  async handle(context, services, caller) {
    const { row, key, revokedHash } = await rotateKey(services.db, changeOf(services, caller), context.req.param('id') ?? '');
    services.authenticator.forget(revokedHash);
    return context.json({ ...viewOf(row, caller), key }, 201);
  },
};

export const deleteAccountKey: KeyEndpoint = {
  method: 'delete',
  path: `${path}/:id`,
  access: 'key',
  async handle(context, services, caller) {
    const id = context.req.param('id') ?? '';
    services.authenticator.forget(await dropKey(services.db, changeOf(services, caller), id));
    return context.json({ object: 'customer_key', id, deleted: true });
  },
};

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
