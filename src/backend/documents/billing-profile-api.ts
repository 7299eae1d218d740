import {
  billingProfileInputSchema,
  billingProfileSchema,
  type BillingProfileView,
} from '#shared/account/billing-profile.ts';
import { isoTime } from '#shared/time.ts';
import { readBillingProfile, writeBillingProfile } from './billing-profile-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

const path = '/v1/account/billing-profile';

export const getAccountBillingProfile = keyEndpoint({
  method: 'get',
  path,
  summary: 'The name and address on invoices.',
  needs: 'admin',
  reply: billingProfileSchema,
}).handle<DocumentRouteDeps>(({ services, caller }) => viewOf(services, caller.accountId));

export const putAccountBillingProfile = keyEndpoint({
  method: 'put',
  path,
  summary: 'Replaces the billing profile for invoices from now on; issued ones stay as they are.',
  body: billingProfileInputSchema,
  needs: 'owner',
  reply: billingProfileSchema,
}).handle<DocumentRouteDeps>(async ({ services, caller: { accountId }, body }) => {
  await writeBillingProfile(services.db, accountId, body, services.clock.nowMs());
  return viewOf(services, accountId);
});

async function viewOf({ db }: DocumentRouteDeps, accountId: string): Promise<BillingProfileView> {
  const known = await readBillingProfile(db, accountId);
  return {
    object: 'billing_profile',
    ...(known?.profile ?? billingProfileInputSchema.parse({})),
    updatedAt: known && isoTime(known.updatedAtMs),
  };
}
