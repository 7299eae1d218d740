import { billingProfileInputSchema, type BillingProfileView } from '#shared/account/billing-profile.ts';
import { readBillingProfile, writeBillingProfile } from '../../store/billing-profile-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';
import type { Services } from '../services.ts';

const path = '/v1/account/billing-profile';

export const getAccountBillingProfile: KeyEndpoint = {
  method: 'get',
  path,
  access: 'key',
  handle: async (context, services, { accountId }) => context.json(await viewOf(services, accountId)),
};

/** Says whom invoices are made out to from now on. Those that were issued stay as they are. */
export const putAccountBillingProfile: KeyEndpoint = {
  method: 'put',
  path,
  access: 'key',
  async handle(context, services, { accountId }) {
    const profile = parseInput(billingProfileInputSchema, await readJsonBody(context));
    await writeBillingProfile(services.db, accountId, profile, services.clock.nowMs());
    return context.json(await viewOf(services, accountId));
  },
};

async function viewOf({ db }: Services, accountId: string): Promise<BillingProfileView> {
  const known = await readBillingProfile(db, accountId);
  return {
    object: 'billing_profile',
    ...(known?.profile ?? billingProfileInputSchema.parse({})),
    updatedAt: known && new Date(Number(known.updatedAtMs)).toISOString(),
  };
}
