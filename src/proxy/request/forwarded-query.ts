import type { DialectFamily } from '#shared/domain/dialect.ts';
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
  'oauthtoken',
  'apitoken',
  'targeturl',
  // Google reads headers and the method from here.
  'httpheaders',
  'httpmethod',
]);

/**
 * The query of a request as its upstream gets it, with its question mark; empty where there is none. Clients use it for
 * options such as `?beta=true`. Throws `unknown_parameter` for one that carries or moves a credential.
 */
export function forwardedQuery(url: string, family: DialectFamily): string {
  const start = url.indexOf('?');
  if (start === -1) return '';
  const query = url.slice(start).split('#', 1)[0] ?? '';
  if (family === 'gemini') return withoutOwn(query);
  refuseCredentials(new URLSearchParams(query));
  return query === '?' ? '' : query;
}

/** In Gemini's dialect the key may stand here, and the form of a stream: both are this hop's own. */
function withoutOwn(query: string): string {
  const parameters = new URLSearchParams(query);
  for (const name of ['key', 'alt']) parameters.delete(name);
  refuseCredentials(parameters);
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function refuseCredentials(parameters: URLSearchParams): void {
  for (const name of parameters.keys()) {
    if (!refusedNames.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''))) {
      refuseCredentialMember(name);
      continue;
    }
    throw new CorvusError(
      'unknown_parameter',
      `The query parameter "${name}" is not accepted here. Send the key in a header.`,
      {
        param: name,
      },
    );
  }
}
