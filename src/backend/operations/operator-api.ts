import { z } from 'zod';
import { usdText } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import { checkContentType } from '#proxy/request/guard.ts';
import {
  billingPlanChangeSchema,
  claimLinkSchema,
  daysSchema,
  requestMarginsSchema,
  decisionSchema,
  grantSchema,
  openCustomerSchema,
  orderSearchSchema,
  pagedSearchSchema,
  refundSchema,
  searchSchema,
} from '../operator/operator-input.ts';
import { changeBillingPlan, giveCredit, liftWriteOffStop, openCustomer, revokeCustomerKey } from '../customers/change-customers.ts';
import { refundPayment, refuseOrder, settleOrder } from '../billing/change-orders.ts';
import { addCredential, changeCredential, removeCredential, replaceSecret, routeFamily } from '../upstreams/change-pools.ts';
import { issueClaimLink } from '../members/issue-claim-link.ts';
import type { Operator } from '../auth/operator-access.ts';
import { addCredentialSchema, changeCredentialSchema, replaceSecretSchema, routeSchema } from '../upstreams/pool-input.ts';
import { probeCredential } from '../upstreams/probe-credential.ts';
import { reportAudit } from './report-audit.ts';
import { findKeys, readCustomer } from '../customers/report-customers.ts';
import { searchLedger } from './report-ledger.ts';
import { reportMargins, reportRequestMargins } from './report-margins.ts';
import { listOrderReports } from '../billing/report-orders.ts';
import { readOverview } from './report-overview.ts';
import { readRequestReport } from '../usage/report-request.ts';
import { listFamilyRoutes, listStoredCredentials } from '../upstreams/report-pools.ts';
import type { HttpContext, OperatorEndpoint } from '../http/endpoint.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { parseInput } from '../http/read-query.ts';
import type { Services } from '../http/services.ts';

interface Read<Input> {
  context: HttpContext;
  services: Services;
  query: Input;
}

interface Change<Input> {
  context: HttpContext;
  services: Services;
  operator: Operator;
  input: Input;
}

function read<Input>(path: string, schema: z.ZodType<Input>, answer: (read: Read<Input>) => Promise<object> | object): OperatorEndpoint {
  return {
    method: 'get',
    path: `/admin/api/${path}`,
    access: 'operator',
    handle: async (context, services) => context.json(await answer({ context, services, query: parseInput(schema, context.req.query()) })),
  };
}

/** Takes JSON only: what a form of another site can send never gets as far as the cookie that comes with it. */
function change<Input>(path: string, schema: z.ZodType<Input>, act: (change: Change<Input>) => Promise<object>): OperatorEndpoint {
  return {
    method: 'post',
    path: `/admin/api/${path}`,
    access: 'operator',
    async handle(context, services, operator) {
      checkContentType(context.env.incoming);
      return context.json(await act({ context, services, operator, input: parseInput(schema, await readJsonBody(context)) }));
    },
  };
}

const list = (data: readonly object[]): object => ({ object: 'list', data });
const pathId = (context: HttpContext): string => context.req.param('id') ?? '';
const nothing = z.object({});

/** The operator's side for scripts. The pages beside it show the same reports and make the same changes. */
export const adminApi: readonly OperatorEndpoint[] = [
  read('overview', nothing, ({ services }) => readOverview(services)),
  read('keys', searchSchema, async ({ services, query }) => list(await findKeys(services.db, query.q, query.limit))),
  read('customers/:id', nothing, async ({ context, services }) => {
    const customer = await readCustomer(services.db, pathId(context), services.clock.nowMs());
    if (!customer) throw new CorvusError('not_found', 'There is no such account.');
    return customer;
  }),
  change('customers', openCustomerSchema, ({ services, operator, input }) => openCustomer(services, operator, input)),
  change('customers/:id/grants', grantSchema, async ({ context, services, operator, input }) => {
    const accountId = pathId(context);
    await giveCredit(services, operator, { ...input, accountId });
    return { accountId, granted: usdText(input.amount), grantId: input.grantId };
  }),
  change('customers/:id/billing-plan', billingPlanChangeSchema, async ({ context, services, operator, input }) => {
    const accountId = pathId(context);
    await changeBillingPlan(services, operator, { ...input, accountId });
    return { accountId, plan: input.plan };
  }),
  change('customers/:id/lift-write-off-stop', decisionSchema, async ({ context, services, operator, input }) => {
    const accountId = pathId(context);
    await liftWriteOffStop(services, operator, { accountId, ...input });
    return { accountId, writtenOffToday: '0.00' };
  }),
  change('customers/:id/claim-links', claimLinkSchema, ({ context, services, operator, input }) =>
    issueClaimLink(services, operator, { ...input, accountId: pathId(context) }),
  ),
  change('keys/:id/revoke', decisionSchema, async ({ context, services, operator, input }) => {
    const keyId = pathId(context);
    await revokeCustomerKey(services, operator, { keyId, reason: input.reason });
    return { keyId, isRevoked: true };
  }),
  read('orders', orderSearchSchema, async ({ services, query }) =>
    list(await listOrderReports(services.db, { show: query.show, text: query.q, limit: query.limit })),
  ),
  change('orders/:id/settle', decisionSchema, ({ context, services, operator, input }) =>
    orderReply(services, settleOrder(services, operator, { orderId: pathId(context), ...input })),
  ),
  change('orders/:id/refuse', decisionSchema, ({ context, services, operator, input }) =>
    orderReply(services, refuseOrder(services, operator, { orderId: pathId(context), ...input })),
  ),
  change('orders/:id/refund', refundSchema, ({ context, services, operator, input }) =>
    orderReply(services, refundPayment(services, operator, { orderId: pathId(context), ...input })),
  ),
  read('ledger', pagedSearchSchema, async ({ services, query }) =>
    list(await searchLedger(services.db, { text: query.q, before: query.before, limit: query.limit })),
  ),
  read('requests/:id', nothing, async ({ context, services }) => {
    const request = await readRequestReport(services.db, pathId(context));
    if (!request) throw new CorvusError('not_found', 'There is no such request.');
    return request;
  }),
  read('pools', nothing, ({ services }) => list(services.pools.report())),
  read('pools/credentials', nothing, async ({ services }) => list(await listStoredCredentials(services))),
  change('pools/credentials', addCredentialSchema, ({ services, operator, input }) => addCredential(services, operator, input)),
  change('pools/credentials/:id/change', changeCredentialSchema, async ({ context, services, operator, input }) => {
    await changeCredential(services, operator, { id: pathId(context), ...input });
    return { id: pathId(context) };
  }),
  change('pools/credentials/:id/secret', replaceSecretSchema, async ({ context, services, operator, input }) => {
    await replaceSecret(services, operator, { id: pathId(context), ...input });
    return { id: pathId(context) };
  }),
  change('pools/credentials/:id/remove', decisionSchema, async ({ context, services, operator, input }) => {
    await removeCredential(services, operator, { id: pathId(context), ...input });
    return { id: pathId(context), isRemoved: true };
  }),
  change('pools/credentials/:id/probe', nothing, ({ context, services }) => probeCredential(services, pathId(context))),
  read('pools/routes', nothing, async ({ services }) => list(await listFamilyRoutes(services))),
  change('pools/routes', routeSchema, async ({ services, operator, input }) => {
    await routeFamily(services, operator, input);
    return { family: input.family, pools: input.pools };
  }),
  read('margins', daysSchema, async ({ services, query }) => list(await reportMargins(services.db, services.clock.nowMs(), query.days))),
  read('margins/requests', requestMarginsSchema, async ({ services: { db, clock }, query: { q, ...range } }) =>
    list(await reportRequestMargins(db, clock.nowMs(), { text: q, ...range })),
  ),
  read('verify', nothing, async ({ services }) => ({ object: 'verification', faults: await services.verify() })),
  read('audit', pagedSearchSchema, async ({ services, query }) =>
    list(await reportAudit(services.db, { about: query.q, before: query.before, limit: query.limit })),
  ),
];

async function orderReply(services: Services, changed: Promise<{ id: string }>): Promise<object> {
  const { id } = await changed;
  const [report] = await listOrderReports(services.db, { show: 'all', text: id, limit: 1 });
  if (!report) throw new CorvusError('not_found', 'There is no such order.');
  return report;
}
