import type { RequestDetail, RequestSummary } from '#shared/account/request.ts';
import type { Output } from '#shared/contract/contract.ts';
import { cutText } from '#shared/cut-text.ts';
import { errorCatalogue, isErrorCode } from '#shared/errors.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { redactText } from '#shared/redact.ts';
import { withoutPaths, withoutQuotes } from './private-text.ts';

/** What is known beside the request itself. */
export interface PacketFacts {
  request: RequestDetail;
  /** What the doctor tried for it; null: nothing yet. */
  tried: Output<'doctor.try'> | null;
  /** The newest small request for the same model since then that was answered or refused; null: there was none. */
  smallSince: RequestSummary | null;
  version: string;
  platform: string;
  /** Providers by their kind: the names that people give them stay here. */
  kindOf: ReadonlyMap<string, string>;
  /** What must not leave this machine: secrets in use, and the path of the home folder. */
  secrets: readonly string[];
  home: string;
}

type Fields = Output<'doctor.packet'>['fields'];

/**
 * What support needs to find a request and to see what is wrong with it; never a key, a prompt or the name of a folder.
 */
export function supportPacket(facts: PacketFacts): Fields {
  const { request, tried, smallSince, version, platform } = facts;
  const fields: [string, string][] = [
    ['Timestamp', `${new Date(request.createdAtMs).toISOString()} (UTC)`],
    ['Request', request.id],
    ['Endpoint path', request.endpoint],
    [
      'Model slug',
      request.plan === null
        ? request.modelRequested || 'none named'
        : `a plan; served by ${request.modelServed ?? 'no model'}`,
    ],
    ['Exact error text', errorText(request)],
    ['Minimal request', tried ? triedText(tried) : sinceText(smallSince)],
    ['Balance movement', movementText(request, tried)],
    ['Client', clientText(request)],
    ['Features', featuresText(request, tried)],
    ['Route', routeText(facts)],
    ['Corvus', `${version} on ${platform}`],
  ];
  return fields.map(([name, value]) => ({ name, value: clean(value, facts) }));
}

function errorText({ status, httpStatus, errorCode, errorMessage, refusedBy }: RequestDetail): string {
  const message =
    errorMessage ?? (errorCode !== null && isErrorCode(errorCode) ? errorCatalogue[errorCode].message : 'no text');
  const by = refusedBy === null ? '' : `, refused by ${refusedBy === 'corvus' ? 'Corvus' : `the ${refusedBy}`}`;
  return `${status}, HTTP ${httpStatus ?? 'none'}${by}, ${errorCode ?? 'no code'}: ${withoutQuotes(message)}`;
}

function triedText({ trials }: Output<'doctor.try'>): string {
  return trials
    .filter(({ outcome }) => outcome !== 'left-out')
    .map(({ feature, outcome, text, requestId }) => {
      const what = feature === 'none' ? 'smallest request' : `with ${feature}`;
      return `${what} ${outcome}${outcome === 'fails' ? ` (${withoutQuotes(text)})` : ''}${requestId === null ? '' : `, ${requestId}`}`;
    })
    .join('; ');
}

function sinceText(since: RequestSummary | null): string {
  if (!since) return 'not tried yet';
  return `${since.id} at ${new Date(since.createdAtMs).toISOString()}: ${since.status}, HTTP ${since.httpStatus ?? 'none'}`;
}

function movementText({ lane, settledCost, balanceAfter }: RequestDetail, tried: Output<'doctor.try'> | null): string {
  const small = tried?.balance ? `; small requests: ${tried.balance.before} -> ${tried.balance.after} USD` : '';
  if (lane !== 'prepaid')
    return `none: ${lane === null ? 'no route was chosen' : `not paid from the balance (${lane})`}${small}`;
  const [cost, after] = [parseUsd(settledCost ?? ''), parseUsd(balanceAfter ?? '')];
  if (cost === null) return `nothing was charged${small}`;
  const moved =
    after === null ? 'the balance after is not known' : `${usdText(nanoUsd(after + cost))} -> ${usdText(after)} USD`;
  return `${moved}, charged ${usdText(cost)} USD${small}`;
}

/** A tool that is known by its key's label only is left out: the label is a person's own word. */
function clientText({ userAgent, tool, localKeyLabel }: RequestDetail): string {
  return `${userAgent ?? 'no user agent'}${tool === null || tool === localKeyLabel ? '' : ` (${tool})`}`;
}

function featuresText(request: RequestDetail, tried: Output<'doctor.try'> | null): string {
  const { dialect, isStream, translatedTo, requestBytes, outputLimit, hints } = request;
  return [
    dialect,
    isStream ? 'streaming' : 'not streaming',
    ...(translatedTo === null ? [] : [`translated to ${translatedTo}`]),
    `request of ${requestBytes} bytes`,
    ...(outputLimit === null ? [] : [`output limited to ${outputLimit} tokens`]),
    ...hints,
    ...(tried ? [`tried: ${tried.trials.map(({ feature, outcome }) => `${feature} ${outcome}`).join(', ')}`] : []),
  ].join(', ');
}

function routeText({ request: { lane, provider, attempts }, kindOf }: PacketFacts): string {
  const kind = (id: string) => (id === 'account' ? 'account' : (kindOf.get(id) ?? 'provider'));
  const asked = attempts.map((attempt) =>
    `${kind(attempt.provider)} ${attempt.httpStatus ?? 'no answer'} ${attempt.errorCode ?? ''}`.trim(),
  );
  return [lane ?? 'none', provider === null ? 'no upstream' : kind(provider), ...asked].join(', ');
}

const longestValue = 1_000;

const email = /[\w.+-]+@[\w-]+(\.[\w-]+)+/g;

function clean(text: string, { secrets, home }: Pick<PacketFacts, 'secrets' | 'home'>): string {
  let safe = text;
  for (const secret of secrets.filter(({ length }) => length > 0)) safe = safe.replaceAll(secret, '[redacted]');
  if (home.length > 1) safe = safe.replaceAll(home, '~');
  return cutText(redactText(withoutPaths(safe)).replaceAll(email, '[e-mail]'), longestValue);
}
