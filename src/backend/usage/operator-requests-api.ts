import { CorvusError } from '#shared/errors.ts';
import { readRequestReport } from './report-request.ts';
import type { OperatorEndpoint } from '../http/endpoint.ts';
import { nothing, operatorRead } from '../operator/operator-endpoint.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';
import { pathId } from '../http/read-input.ts';

/** A request as an operator sees it, for scripts. The pages show the same. */
export const operatorRequestsApi: readonly OperatorEndpoint<UsageRouteDeps>[] = [
  operatorRead('requests/:id', nothing, async ({ context, services }) => {
    const request = await readRequestReport(services.db, pathId(context));
    if (!request) throw new CorvusError('not_found', 'There is no such request.');
    return request;
  }),
];
