import { daysSchema, requestMarginsSchema, pagedSearchSchema } from '../operator/operator-input.ts';
import { reportAudit } from './report-audit.ts';
import { searchLedger } from './report-ledger.ts';
import { reportMargins, reportRequestMargins } from './report-margins.ts';
import { readOverview } from './report-overview.ts';
import type { OperatorEndpoint } from '../http/endpoint.ts';
import { list, nothing, operatorRead } from '../operator/operator-endpoint.ts';
import type { OperationsRouteDeps } from './operations-route-deps.ts';

/** Operators' reports and changes, for scripts. The pages have the same. */
export const operationsApi: readonly OperatorEndpoint<OperationsRouteDeps>[] = [
  operatorRead('overview', nothing, ({ services }) => readOverview(services)),
  operatorRead('ledger', pagedSearchSchema, async ({ services, query }) =>
    list(await searchLedger(services.db, { text: query.q, before: query.before, limit: query.limit })),
  ),
  operatorRead('margins', daysSchema, async ({ services, query }) =>
    list(await reportMargins(services.db, services.clock.nowMs(), query.days)),
  ),
  operatorRead('margins/requests', requestMarginsSchema, async ({ services: { db, clock }, query: { q, ...range } }) =>
    list(await reportRequestMargins(db, clock.nowMs(), { text: q, ...range })),
  ),
  operatorRead('verify', nothing, async ({ services }) => ({
    object: 'verification',
    faults: await services.verify(),
  })),
  operatorRead('audit', pagedSearchSchema, async ({ services, query }) =>
    list(await reportAudit(services.db, { about: query.q, before: query.before, limit: query.limit })),
  ),
];
