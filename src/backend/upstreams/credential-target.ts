import type { Call, HttpTarget } from '#proxy/call.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import type { HttpCredential } from './pool-state.ts';

/** How long a stream may take to begin while another credential is left: less than the minute that the app waits for this service. */
const firstByteTimeoutMs = 45_000;
const anthropicVersion = '2023-06-01';

/** The target of a call with this credential. The body's model is renamed only where the upstream has another name for it. */
export function credentialTarget(credential: HttpCredential, call: Call): HttpTarget {
  const { name, dialectFamily, modelMap = {} } = credential;
  const hasVersion = call.headers['anthropic-version'] !== undefined;
  const model = Object.hasOwn(modelMap, call.facts.model) ? modelMap[call.facts.model] : undefined;
  return {
    kind: 'http',
    name,
    ...addressOf(credential, call.endpoint),
    ...(model === undefined ? {} : { model }),
    headers: credentialHeaders(dialectFamily, credential.apiKey, hasVersion),
    mayBePrivate: true,
    firstByteTimeoutMs,
    injectUsage: dialectFamily !== 'anthropic',
  };
}

export function credentialHeaders(dialectFamily: DialectFamily, apiKey: string, hasVersion: boolean): Record<string, string> {
  if (dialectFamily !== 'anthropic') return { authorization: `Bearer ${apiKey}` };
  return { 'x-api-key': apiKey, ...(hasVersion ? {} : { 'anthropic-version': anthropicVersion }) };
}

/** @param endpoint begins with `/v1` */
export function addressOf({ baseUrl }: { baseUrl: string }, endpoint: string): { origin: string; path: string } {
  const base = new URL(baseUrl);
  return { origin: base.origin, path: joinPath(base.pathname, endpoint) };
}

/** `/v1` + `/v1/chat/completions` and `` + `/v1/chat/completions` mean the same; `/api/v4` replaces our `/v1`. */
function joinPath(basePath: string, endpoint: string): string {
  const base = basePath.replace(/\/+$/, '');
  return /\/v\d+$/.test(base) ? base + endpoint.slice('/v1'.length) : base + endpoint;
}
