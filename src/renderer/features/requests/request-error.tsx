import { Link } from 'wouter';
import { errorCatalogue, isErrorCode } from '#shared/errors.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { Notice } from '../../components/notice.tsx';

/** What went wrong, in a sentence, and what to do about it. */
export function RequestError({ detail }: { detail: RequestDetail }) {
  const { errorCode, errorMessage, lane, limitedBy } = detail;
  // Before a lane was chosen, only a limit of this machine can refuse money.
  const isOwnLimit =
    errorCode === 'insufficient_credits' && (lane === null || (limitedBy !== null && limitedBy !== 'balance'));
  const message =
    errorMessage ?? (errorCode && isErrorCode(errorCode) ? errorCatalogue[errorCode].message : 'No reason was given.');
  const advice = isOwnLimit ? ownLimitAdvice : errorCode ? errorAdvice(errorCode) : null;
  return (
    <Notice level={detail.status === 'failed' ? 'error' : 'warning'} title={message}>
      {advice && (
        <p>
          {advice.text}{' '}
          {advice.page && (
            <Link href={advice.page.path} className="text-accent underline underline-offset-2">
              {advice.page.name}
            </Link>
          )}
        </p>
      )}
      {errorCode && <p className="mt-1 font-mono text-xs">{errorCode}</p>}
    </Notice>
  );
}

interface Advice {
  text: string;
  page?: { path: string; name: string };
}

const billing = { path: '/billing', name: 'Open billing' };
const providers = { path: '/providers', name: 'Open providers' };
const keys = { path: '/keys', name: 'Open keys' };
const settings = { path: '/settings', name: 'Open settings' };
const models = { path: '/models', name: 'Open models' };
const envelopes = { path: '/envelopes', name: 'Open envelopes' };

const byCode: Readonly<Record<string, Advice>> = {
  insufficient_credits: { text: 'Top up, or let the tool use a provider with your own key.', page: billing },
  invalid_api_key: { text: 'Give the tool a key that is not revoked.', page: keys },
  ambiguous_credentials: { text: 'The tool sends two keys. Unset one of ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN.' },
  model_not_found: { text: 'Check the spelling, or choose one from the list.', page: models },
  model_not_priced: { text: 'Set its price, or choose a model with one.', page: models },
  dialect_not_supported: { text: 'Use the other base URL, or a model that this format reaches.', page: models },
  no_lane: { text: 'Add a provider or connect an account.', page: providers },
  upstream_credential_refused: { text: 'Enter the provider key again.', page: providers },
  secret_unreadable: { text: 'Enter the stored key again.', page: providers },
  upstream_not_json: {
    text: 'Check the base URL of the provider, and that no sign-in page stands between.',
    page: providers,
  },
  upstream_redirect: { text: 'Check the base URL of the provider.', page: providers },
  upstream_address_refused: { text: 'Mark the provider as local if it runs on this machine.', page: providers },
  proxy_loop: { text: 'The base URL, or the proxy, is Corvus itself; change it.', page: providers },
  certificate_not_trusted: { text: 'If you trust that authority, name the file with its certificate.', page: settings },
  proxy_login_required: { text: 'Enter the login of the proxy.', page: settings },
  proxy_refused: { text: 'Ask who runs the proxy, or reach this provider without it.', page: settings },
  proxy_unreachable: { text: 'Start the proxy, or correct its address.', page: settings },
  tls_error: { text: 'Check the date of this machine, and the address.' },
  offline: { text: 'Check the network connection and send it again.' },
  storage_unavailable: { text: 'Free some disk space, then send it again.' },
  request_too_large: { text: 'Send less at once: fewer images, or a shorter conversation.' },
};

/** What to do about money that a limit of this machine, and not the account, refused. */
const ownLimitAdvice: Advice = {
  text: 'Raise, pause or reset the envelope, or raise the ceiling of the request.',
  page: envelopes,
};

/** What to do about a refusal; null where only the tool's author could do something. */
function errorAdvice(code: string): Advice | null {
  const own = byCode[code];
  if (own) return own;
  if (isErrorCode(code) && errorCatalogue[code].retryable)
    return { text: 'This usually passes: send the request again.' };
  return null;
}
