import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { scopeOf } from '../auth/roles.ts';
import { receiptOf } from '../store/row-views.ts';
import { readRequest } from '../store/request-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

const querySchema = z.object({ id: z.string().min(1).max(64) });

export const getGeneration = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/generation',
  summary: 'The receipt of one request, by the id in its `x-corvus-request-id` header.',
  query: querySchema,
  reply: receiptSchema,
  errors: ['not_found'],
}).handle(async ({ services, caller, query: { id } }) => {
  const row = await readRequest(services.db, scopeOf(caller), id);
  if (!row) throw new CorvusError('not_found', 'There is no request of yours with that id.', { param: 'id' });
  return receiptOf(row);
});
