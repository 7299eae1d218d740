import { CorvusError } from '#shared/errors.ts';
import { refuseCredentialMember } from '../body/scan-json.ts';

/** Parameters that would bring another credential to the upstream, or send the credential elsewhere. */
const refusedNames: ReadonlySet<string> = new Set([
  'key',
  'apikey',
  'accesstoken',
  'token',
  'auth',
  'authorization',
  'xapikey',
  'apibase',
  'baseurl',
  'subscriptionkey',
]);

/**
 * The query of a request as its upstream gets it, with its question mark; empty where there is none. Clients use it for options such as
 * `?beta=true`. Throws `unknown_parameter` for one that carries or moves a credential.
 */
export function forwardedQuery(url: string): string {
  const start = url.indexOf('?');
  if (start === -1) return '';
  const query = url.slice(start).split('#', 1)[0] ?? '';
  for (const name of new URLSearchParams(query).keys()) {
    if (!refusedNames.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''))) {
      refuseCredentialMember(name);
      continue;
    }
    throw new CorvusError('unknown_parameter', `The query parameter "${name}" is not accepted here. Send the key in a header.`, {
      param: name,
    });
  }
  return query === '?' ? '' : query;
}
