import { usdText } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import {
  billingPlanChangeSchema,
  claimLinkSchema,
  decisionSchema,
  grantSchema,
  openCustomerSchema,
  searchSchema,
} from '../operator/operator-input.ts';
import {
  changeBillingPlan,
  giveCredit,
  liftWriteOffStop,
  openCustomer,
  revokeCustomerKey,
} from './change-customers.ts';
import { issueClaimLink } from '../members/issue-claim-link.ts';
import { findKeys, readCustomer } from './report-customers.ts';
import type { OperatorEndpoint } from '../http/endpoint.ts';
import { list, nothing, operatorRead, operatorChange } from '../operator/operator-endpoint.ts';
import type { CustomerRouteDeps } from './customer-route-deps.ts';
import { pathId } from '../http/read-input.ts';

/** Accounts as an operator sees and changes them, for scripts. The pages show and change the same. */
export const operatorCustomersApi: readonly OperatorEndpoint<CustomerRouteDeps>[] = [
  operatorRead('keys', searchSchema, async ({ services, query }) =>
    list(await findKeys(services.db, query.q, query.limit)),
  ),
  operatorRead('customers/:id', nothing, async ({ context, services }) => {
    const customer = await readCustomer(services.db, pathId(context), services.clock.nowMs());
    if (!customer) throw new CorvusError('not_found', 'There is no such account.');
    return customer;
  }),
  operatorChange('customers', openCustomerSchema, ({ services, operator, input }) =>
    openCustomer(services, operator, input),
  ),
  operatorChange('customers/:id/grants', grantSchema, async ({ context, services, operator, input }) => {
    const accountId = pathId(context);
    await giveCredit(services, operator, { ...input, accountId });
    return { accountId, granted: usdText(input.amount), grantId: input.grantId };
  }),
  operatorChange(
    'customers/:id/billing-plan',
    billingPlanChangeSchema,
    async ({ context, services, operator, input }) => {
      const accountId = pathId(context);
      await changeBillingPlan(services, operator, { ...input, accountId });
      return { accountId, plan: input.plan };
    },
  ),
  operatorChange(
    'customers/:id/lift-write-off-stop',
    decisionSchema,
    async ({ context, services, operator, input }) => {
      const accountId = pathId(context);
      await liftWriteOffStop(services, operator, { accountId, ...input });
      return { accountId, writtenOffToday: '0.00' };
    },
  ),
  operatorChange('customers/:id/claim-links', claimLinkSchema, ({ context, services, operator, input }) =>
    issueClaimLink(services, operator, { ...input, accountId: pathId(context) }),
  ),
  operatorChange('keys/:id/revoke', decisionSchema, async ({ context, services, operator, input }) => {
    const keyId = pathId(context);
    await revokeCustomerKey(services, operator, { keyId, reason: input.reason });
    return { keyId, isRevoked: true };
  }),
];
