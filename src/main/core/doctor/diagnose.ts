import type { Diagnosis, Verdict } from '#shared/contract/doctor.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import type { ErrorCode } from '#shared/errors.ts';

/** How a call or a test failed. */
export interface Failure {
  /** null: the upstream refused in words of its own. */
  code: string | null;
  httpStatus: number | null;
  message: string;
  /** Who was asked last: `account`, a provider's id, or null where Corvus itself refused. */
  askedLast: string | null;
}

type Layer = Verdict['layer'];

/** `upstream`: the layer of what was asked last. */
type Cause = [Diagnosis, Exclude<Layer, 'account' | 'provider'> | 'upstream'];

const byCode: Readonly<Partial<Record<ErrorCode, Cause>>> = {
  invalid_api_key: ['invalid-key', 'upstream'],
  ambiguous_credentials: ['invalid-key', 'tool'],
  upstream_credential_refused: ['invalid-key', 'upstream'],
  secret_unreadable: ['invalid-key', 'corvus'],
  route_not_found: ['wrong-endpoint', 'tool'],
  method_not_allowed: ['wrong-endpoint', 'tool'],
  upstream_redirect: ['wrong-endpoint', 'upstream'],
  upstream_not_json: ['wrong-endpoint', 'upstream'],
  upstream_address_refused: ['wrong-endpoint', 'upstream'],
  proxy_loop: ['wrong-endpoint', 'upstream'],
  model_not_found: ['model-not-found', 'upstream'],
  model_not_priced: ['model-not-found', 'upstream'],
  dialect_not_supported: ['model-not-found', 'upstream'],
  model_not_allowed: ['limit-reached', 'upstream'],
  request_too_large: ['context-too-long', 'tool'],
  rate_limit_exceeded: ['rate-limited', 'upstream'],
  burst_limit_exceeded: ['rate-limited', 'upstream'],
  overloaded: ['rate-limited', 'upstream'],
  insufficient_credits: ['out-of-balance', 'upstream'],
  upstream_out_of_credit: ['out-of-balance', 'upstream'],
  write_off_limit_reached: ['out-of-balance', 'upstream'],
  proxy_login_required: ['proxy-or-certificate', 'network'],
  proxy_refused: ['proxy-or-certificate', 'network'],
  proxy_unreachable: ['proxy-or-certificate', 'network'],
  certificate_not_trusted: ['proxy-or-certificate', 'network'],
  tls_error: ['proxy-or-certificate', 'network'],
  offline: ['offline', 'network'],
  upstream_connection_error: ['outage', 'upstream'],
  upstream_timeout: ['outage', 'upstream'],
  upstream_interrupted: ['outage', 'upstream'],
  upstream_truncated: ['outage', 'upstream'],
  no_upstream_capacity: ['outage', 'upstream'],
  no_lane: ['not-set-up', 'corvus'],
  storage_unavailable: ['storage', 'corvus'],
  not_translatable: ['request-refused', 'tool'],
  unknown_parameter: ['request-refused', 'tool'],
  unsupported_parameter: ['request-refused', 'tool'],
  invalid_json: ['request-refused', 'tool'],
};

const tooLong =
  /context[ _]?(length|window)|maximum context|prompt is too long|too many (input )?tokens|reduce the length|input is too long/i;
const noModel =
  /model.{0,80}(does not exist|not found|not exist|unknown|not supported|no access)|(unknown|invalid|no such) model/i;
const nothingListens = /^Nothing is listening at/;
const isProxy = /^The proxy /;
const clockWords = /set the clock/i;

/** The words go first: many providers have one status for several failures. */
function causeOf({ code, httpStatus, message, askedLast }: Failure): { diagnosis: Diagnosis; layer: Layer } {
  const [diagnosis, where] = causeByWords(code, message) ?? causeByCode(code) ?? causeByStatus(httpStatus);
  if (where !== 'upstream') return { diagnosis, layer: where };
  return { diagnosis, layer: askedLast === null ? 'corvus' : askedLast === 'account' ? 'account' : 'provider' };
}

function causeByWords(code: string | null, message: string): Cause | null {
  if (clockWords.test(message)) return ['clock-wrong', 'network'];
  if (tooLong.test(message)) return ['context-too-long', 'tool'];
  if (saysOutOfMoney(message)) return ['out-of-balance', 'upstream'];
  if (code === 'upstream_connection_error' && nothingListens.test(message)) return ['not-running', 'upstream'];
  if (code === 'proxy_loop' && isProxy.test(message)) return ['proxy-or-certificate', 'network'];
  return code === null && noModel.test(message) ? ['model-not-found', 'upstream'] : null;
}

function causeByCode(code: string | null): Cause | null {
  const known: Readonly<Record<string, Cause | undefined>> = byCode;
  return code === null ? null : (known[code] ?? null);
}

function causeByStatus(status: number | null): Cause {
  if (status === 401 || status === 403) return ['invalid-key', 'upstream'];
  if (status === 402) return ['out-of-balance', 'upstream'];
  if (status === 404) return ['wrong-endpoint', 'upstream'];
  if (status === 413) return ['context-too-long', 'tool'];
  if (status === 429) return ['rate-limited', 'upstream'];
  if (status !== null && status >= 500) return ['outage', 'upstream'];
  return status !== null && status >= 400 ? ['request-refused', 'tool'] : ['unknown', 'upstream'];
}

/** What a failure means, and the next step. */
export function verdictOf(failure: Failure, proof: string[]): Verdict {
  const { diagnosis, layer } = causeOf(failure);
  const next = stepByCode(failure.code, layer) ?? nextStep(diagnosis, layer);
  return { diagnosis, layer, sentence: failure.message, proof, next };
}

/** For codes that tell more about the next step than the diagnosis does. */
function stepByCode(code: string | null, layer: Layer): Verdict['next'] {
  if (code === 'model_not_priced')
    return { text: 'Set the price of the model, or choose one that has a price.', page: '/models' };
  if (code !== 'model_not_allowed') return null;
  if (layer === 'corvus')
    return { text: 'Choose a model that the key may use, or change the limits of the key.', page: '/keys' };
  return {
    text: 'Choose a model that the customer key may use, or change its limits on the dashboard of the service.',
    page: '/models',
  };
}

const providersPage = '/providers';

/** What a person does next. */
export function nextStep(diagnosis: Diagnosis, layer: Layer): Verdict['next'] {
  switch (diagnosis) {
    case 'healthy':
      return null;
    case 'invalid-key':
      if (layer === 'provider' || layer === 'corvus')
        return { text: 'Enter the key of the provider again.', page: providersPage };
      if (layer === 'account') return { text: 'Connect the account with a key that is valid.', page: '/settings' };
      return { text: 'Give the tool a key of this machine that is not revoked.', page: '/keys' };
    case 'wrong-endpoint':
      if (layer === 'provider') return { text: 'Correct the base URL of the provider.', page: providersPage };
      return { text: 'Give the tool the base URL that the Keys page shows.', page: '/keys' };
    case 'model-not-found':
      return { text: 'Choose a model from the list.', page: '/models' };
    case 'context-too-long':
      return { text: 'Begin a new conversation, or send less at once.', page: null };
    case 'rate-limited':
      if (layer === 'corvus') return { text: 'Wait a minute, or raise the limit of the key.', page: '/keys' };
      return { text: 'Wait a minute; add another key or provider if it happens often.', page: providersPage };
    case 'out-of-balance':
      if (layer === 'provider')
        return { text: 'Top up at the provider, with the account that the key belongs to.', page: providersPage };
      return { text: 'Top up the key that is connected.', page: '/billing' };
    case 'another-key':
      return { text: 'Let the key of the tool use the prepaid account, or top up at the provider.', page: '/keys' };
    case 'limit-reached':
      return { text: 'Raise, pause or reset the limit.', page: '/envelopes' };
    case 'tool-points-elsewhere':
      return { text: 'Connect the tool again.', page: '/tools' };
    case 'port-taken':
      return { text: 'Connect the tool again, or stop the other program and start Corvus again.', page: '/tools' };
    case 'clock-wrong':
      return { text: 'Set the date and time of this machine.', page: null };
    case 'proxy-or-certificate':
      return { text: 'Correct the proxy or name the certificate.', page: '/settings' };
    case 'offline':
      return { text: 'Connect this machine to the network.', page: null };
    case 'outage':
      return { text: 'Try again later, or use another provider for this model.', page: '/plans' };
    case 'not-running':
      if (layer === 'corvus') return { text: 'Start Corvus: open the app, or run `corvusllm serve`.', page: null };
      return {
        text: 'Start that server, or correct its address.',
        page: layer === 'account' ? '/settings' : providersPage,
      };
    case 'not-set-up':
      return { text: 'Add a provider or connect an account.', page: providersPage };
    case 'storage':
      return { text: 'Free some disk space.', page: null };
    case 'request-refused':
      return { text: 'Change what the message names, or turn that feature of the tool off.', page: null };
    case 'unknown':
      return { text: 'Send the request again and look at it in the list.', page: '/requests' };
  }
}
