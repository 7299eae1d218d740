import type { AccountLink } from '../account/account-link.ts';
import type { ProvidersService } from '../providers/providers-service.ts';

export interface SecretHolders {
  providers: Pick<ProvidersService, 'current' | 'credentials'>;
  link: Pick<AccountLink, 'access'>;
}

/** Keys of providers and of the account, which must be in nothing that is shown or stored. */
export async function secretsInUse({ providers, link }: SecretHolders): Promise<string[]> {
  const ofProviders = await Promise.all(
    providers.current().map((record) => providers.credentials(record).catch(() => [])),
  );
  const customerKey = link.access()?.customerKey;
  return [...ofProviders.flat().map(({ secret }) => secret), ...(customerKey === undefined ? [] : [customerKey])];
}
