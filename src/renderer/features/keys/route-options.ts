import type { Provider } from '#shared/domain/provider.ts';

const providerPrefix = 'provider:';

/** The choices for where a key's requests may go. */
export function routeOptions(providers: readonly Provider[]): { value: string; label: string }[] {
  return ['auto', 'prepaid', ...providers.map(({ id }) => `${providerPrefix}${id}`)].map((value) => ({
    value,
    label: routeName(value),
  }));
}

export function routeName(route: string): string {
  if (route === 'auto') return 'Automatic';
  if (route === 'prepaid') return 'Prepaid account only';
  return route.startsWith(providerPrefix) ? `${route.slice(providerPrefix.length)} only` : route;
}
