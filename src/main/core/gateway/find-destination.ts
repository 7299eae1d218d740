import type { Call } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { type PrepaidAccount, prepaidTarget } from '../lanes/prepaid.ts';
import { targetFor } from '../providers/target.ts';
import { chooseRoute, type RouteAccount } from '../routing/choose-route.ts';
import type { ProviderRecord } from '../store/records.ts';
import type { Destination } from './gateway-service.ts';
import type { LocalKeyCaller } from './local-key-ring.ts';

export interface DestinationFacts {
  prices: PriceBook;
  providers: {
    current(): readonly ProviderRecord[];
    /** Throws `secret_unreadable`. */
    secret(id: ProviderId): Promise<string | null>;
  };
  account: {
    access(): PrepaidAccount | null;
    forRouting(): RouteAccount | null;
    /** Why the account cannot be used although there is one. */
    obstacle(): CorvusError | null;
  };
}

/** Where a call goes as things stand now. Throws a `CorvusError` when nothing here can serve it. */
export async function findDestination(
  { prices, providers, account }: DestinationFacts,
  call: Call,
  caller: LocalKeyCaller,
): Promise<Destination> {
  const { model } = call.facts;
  const known = providers.current();
  const route = chooseRoute({ model, dialect: call.dialect, route: caller.route, providers: known, account: account.forRouting() });
  if (route instanceof CorvusError) throw reasonOf(route, caller, account.obstacle());
  const counted = { price: prices.find(model), catalogueVersion: prices.version };
  if (route.lane === 'prepaid') {
    const access = account.access();
    if (!access) throw new CorvusError('no_lane');
    return { ...counted, lane: 'prepaid', provider: 'account', target: prepaidTarget(access, call) };
  }
  const provider = known.find(({ id }) => id === route.providerId);
  if (!provider) throw new CorvusError('no_lane');
  const secret = await providers.secret(provider.id);
  return { ...counted, lane: route.lane, provider: provider.id, target: targetFor(provider, secret, call) };
}

/** Where nothing but an account that cannot be used is missing, that is what a person must hear. */
function reasonOf(refusal: CorvusError, { route }: LocalKeyCaller, obstacle: CorvusError | null): CorvusError {
  const isAboutAccount = refusal.code === 'no_lane' && !route.startsWith('provider:');
  return isAboutAccount && obstacle ? obstacle : refusal;
}
