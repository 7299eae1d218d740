import type { Call, HttpTarget } from '#proxy/call.ts';
import { upstreamPath } from '#proxy/upstream/upstream-path.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type Dialect, familyOf } from '#shared/domain/dialect.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { parsedUrl } from '../providers/base-url.ts';

/** The account that pays for prepaid calls, as the gateway needs it. */
export interface PrepaidAccount {
  /** Without a trailing slash and without `/v1`. */
  baseUrl: string;
  customerKey: string;
}

/**
 * A call as the account's service accepts it: the OpenAI dialects under `/v1`, the Anthropic one under `/anthropic/v1`.
 * The request id is sent along, so that the tool's reply, this app and the ledger have the same id.
 * @param dialect the one in which the account sells the model
 * @param model its name there
 */
export function prepaidTarget(account: PrepaidAccount, call: Call, dialect: Dialect, model: string): HttpTarget {
  const { origin, pathname } = parsedUrl(account.baseUrl);
  const isAnthropic = familyOf(dialect) === 'anthropic';
  const translation = findTranslation(call.dialect, dialect);
  const prefix = pathname.replace(/\/+$/, '');
  return {
    kind: 'http',
    name: 'account',
    origin,
    path: `${prefix}${isAnthropic ? '/anthropic' : ''}/v1${upstreamPath(call, dialect, model)}`,
    headers: {
      authorization: `Bearer ${account.customerKey}`,
      ...(isAnthropic ? { 'x-api-key': account.customerKey } : {}),
      'x-corvus-request-id': call.requestId,
    },
    mayBePrivate: true,
    isService: true,
    ...(translation ? { translation } : {}),
    injectUsage: dialectReaders[dialect].mustAskForUsage,
  };
}
