import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { receiptOf } from '../../accounts/account-views.ts';
import { readRequest } from '../../store/request-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { parseInput } from '../read-query.ts';

const querySchema = z.object({ id: z.string().min(1).max(64) });

export const getGeneration: KeyEndpoint = {
  method: 'get',
  path: '/v1/generation',
  access: 'key',
  async handle(context, services, caller) {
    const { id } = parseInput(querySchema, context.req.query());
    const row = await readRequest(services.db, caller.accountId, id);
    if (!row) throw new CorvusError('not_found', 'This account made no request with that id.', { param: 'id' });
    return context.json(receiptOf(row));
  },
};
