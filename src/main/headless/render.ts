import { autoTopupWords } from '#shared/account/auto-topup-words.ts';
import { refusalWords } from '#shared/account/refusal-words.ts';
import { lastsWords } from '#shared/domain/forecast-words.ts';
import { dayText } from '#shared/day-text.ts';
import { hasExpired } from '#shared/domain/local-key.ts';
import { limitWords } from '#shared/domain/limit-words.ts';
import { refusedWords } from '#shared/domain/refused-calls.ts';
import type { Output } from '#shared/contract/contract.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { dirname } from 'node:path';
import type { Linked } from './link-command.ts';
import { facts, plainText, table } from './output.ts';

const unknown = '-';

export function renderStatus(status: Output<'app.status'>, dashboard: string): string {
  const summary = facts([
    ['Corvus', `${status.version}, running as process ${status.pid} since ${time(status.startedAtMs)}`],
    ['Gateway', status.gatewayUrl],
    ...(status.ollama === null ? [] : [['Ollama clients', status.ollama.url ?? 'get no answer'] as const]),
    ['Dashboard', dashboard],
    ['Money', moneyMode[status.mode]],
    ['Data', status.homePath],
    ['Secrets', status.secretBackend],
  ]);
  return [
    summary,
    ...status.notices.map((notice) => plainText(`${notice.level}: ${notice.title}. ${notice.text}`)),
  ].join('\n');
}

const moneyMode = {
  sandbox: 'play money from the built-in service',
  hosted: 'a CorvusLLM account',
  none: 'no account; providers with your own keys only',
} as const;

/** The balance, and how long it lasts. */
export type BalanceShown = Output<'balance.get'> & { forecast: Pick<Output<'balance.spend'>, 'pace' | 'lasts'> };

export function renderBalance({ forecast, ...balance }: BalanceShown, nowMs: number): string {
  if (balance.state === 'none')
    return 'No account is connected. `corvusllm account sandbox` adds a play-money account.';
  if (balance.state === 'unknown') return plainText(`The balance is not known: ${balance.reason}`);
  const kind = balance.isPlayMoney ? ' of play money' : '';
  const certainty = balance.state === 'stale' ? ', the last known balance' : balance.isEstimate ? ', estimated' : '';
  return facts([
    ['Available', `${balance.spendable} USD${kind}`],
    ['Balance', `${balance.balance} USD`],
    ['Held', `${balance.held} USD`],
    ['As of', `${time(balance.asOfMs)}${certainty}`],
    ['Lasts', lastsText(forecast, nowMs)],
    ['Pace', paceText(forecast.pace)],
  ]);
}

function lastsText({ pace, lasts }: BalanceShown['forecast'], nowMs: number): string {
  if (!lasts)
    return pace.perDay === null ? 'not known yet: three days of prepaid requests make a forecast' : 'not known';
  const { days, end } = lastsWords(lasts, nowMs, (atMs) => time(atMs).slice(0, 'YYYY-MM-DD'.length));
  return end === null ? days : `${days}, ${end}`;
}

function paceText({ perDay, days, lastHours }: BalanceShown['forecast']['pace']): string {
  const mean = perDay === null ? '' : `${perDay} USD a day over ${days} days, `;
  return `${mean}${lastHours} USD in the last 3 hours`;
}

export function renderKeys(keys: Output<'keys.list'>, nowMs: number): string {
  if (keys.length === 0) return 'There are no local keys. `corvusllm keys add <label>` creates one.';
  return table(
    ['ID', 'LABEL', 'KEY', 'ROUTE', 'LIMITS', 'LAST USED', 'STATE'],
    keys.map((key) => [
      key.id,
      key.label,
      key.hint,
      key.route,
      limitWords(key.limits) || '-',
      timeOrDash(key.lastUsedAtMs),
      key.revokedAtMs !== null ? 'revoked' : hasExpired(key, nowMs) ? 'expired' : 'active',
    ]),
  );
}

export function renderNewKey({ key, secret }: Output<'keys.create'>): string {
  return `${facts([
    ['Key', secret],
    ['Id', key.id],
    ['Label', key.label],
    ['Route', key.route],
  ])}\nCopy the key now; it is not shown again.`;
}

export function renderProviders(providers: Output<'providers.list'>): string {
  if (providers.length === 0) return 'There are no providers. `corvusllm providers add --kind …` adds one.';
  return table(
    ['ID', 'KIND', 'DIALECTS', 'BASE URL', 'KEY', 'MODELS ', 'LAST TEST'],
    providers.map((provider) => [
      provider.id,
      provider.isLocal ? `${provider.kind} (local)` : provider.kind,
      provider.dialects.join(', '),
      provider.through === null ? provider.baseUrl : `${provider.baseUrl} through ${provider.through}`,
      keysOf(provider),
      provider.models === null ? unknown : String(provider.models.length),
      provider.lastTest === null ? 'never' : `${provider.lastTest.ok ? 'ok' : 'failed'}: ${provider.lastTest.message}`,
    ]),
  );
}

export function renderProviderKinds(kinds: Output<'providers.catalogue'>): string {
  return table(
    ['KIND', 'NAME', 'DIALECTS', 'ADDRESS', 'KEY FROM'],
    kinds.map(({ kind, name, dialects, baseUrl, keyUrl }) => [
      kind,
      name,
      dialects.join(', '),
      baseUrl ?? 'your own: --base-url',
      keyUrl ?? 'none needed',
    ]),
  );
}

export function renderLocalServers(servers: Output<'providers.discover'>): string {
  if (servers.length === 0) return 'Found no model server that is not added yet.';
  return table(
    ['KIND', 'ADDRESS', 'MODELS '],
    servers.map(({ kind, baseUrl, models }) => [kind, baseUrl, models === null ? unknown : String(models)]),
  );
}

export function renderProviderBalances(providers: Output<'providers.refresh-balances'>): string {
  const known = providers.flatMap(({ id, balance }) => (balance ? [{ id, balance }] : []));
  if (known.length === 0) return 'No configured provider reports a balance.';
  return table(
    ['ID', 'LEFT ', 'CURRENCY', 'AS OF', 'NOTE'],
    known.map(({ id, balance: { left, asOfMs, problem } }) => [
      id,
      left?.amount ?? unknown,
      left?.currency ?? unknown,
      time(asOfMs),
      problem ?? '',
    ]),
  );
}

function keysOf({ keys }: Output<'providers.list'>[number]): string {
  const hints = keys.map(({ hint, isReadable }) => (isReadable ? hint : 'unreadable; enter it again'));
  return hints.length === 0 ? 'none' : hints.join(', ');
}

export function renderProviderKeys({ id, keys }: Output<'providers.list'>[number]): string {
  if (keys.length === 0) return `${id} has no key.`;
  return table(
    ['NAME', 'KEY', 'PRIORITY ', 'WEIGHT ', 'COOLING UNTIL', 'LAST FAILURE'],
    keys.map(({ name, hint, isReadable, priority, weight, health: { coolingUntilMs, lastFailure } }) => [
      name,
      isReadable ? hint : 'unreadable; enter it again',
      String(priority),
      String(weight),
      coolingUntilMs === null ? '' : time(coolingUntilMs),
      lastFailure === null
        ? ''
        : `${lastFailure.httpStatus ?? 'no answer'}, ${lastFailure.model}, ${time(lastFailure.atMs)}`,
    ]),
  );
}

export function renderAccount(account: Output<'account.get'>): string {
  const lines: [string, string][] = [['Account', moneyMode[account.mode]]];
  if (account.baseUrl !== null) lines.push(['Base URL', account.baseUrl]);
  if (account.keyHint !== null) lines.push(['Key', account.keyHint]);
  if (account.hasAccountApi === false) lines.push(['Note', 'This service has no account API: balances are estimates.']);
  if (account.seesStatement === false) lines.push(['Note', 'This key may not read the statement of the account.']);
  if (account.autoTopup) lines.push(['Automatic top-up', autoTopupWords(account.autoTopup)]);
  if (account.problem !== null) lines.push(['Problem', account.problem]);
  return facts(lines);
}

export function renderStatement(report: Output<'account.verify'>): string {
  const { lines, provenLines, receipts, firstFault } = report;
  if (report.status === 'none') return 'No statement has been downloaded yet.';
  const counted = facts([
    ['Lines', `${lines} verified`],
    ['Proven', `${provenLines} by hash`],
    ['Receipts', `${receipts} verified`],
  ]);
  if (!firstFault) return `The statement is unchanged.\n${counted}`;
  return [
    plainText(`The statement has changed since it was recorded: ${firstFault.text} [${firstFault.rule}]`),
    counted,
    'Nothing was deleted: `--json` includes earlier versions of changed lines. Ask the operator of the account about this line.',
    'Then `corvusllm verify --take-over` downloads the statement again and accepts it as it is now.',
  ].join('\n');
}

export function renderRequests(
  { rows }: Output<'requests.list'>,
  refused: Output<'requests.refusals'>,
  filter: RequestFilter,
): string {
  const refusals = refusedWords(refused, time);
  const isFiltered = Object.values(filter).some((value) => value !== null);
  const none = isFiltered ? 'No recorded request matches.' : 'No requests yet.';
  return [
    rows.length === 0 ? none : requestTable(rows),
    ...(refusals === null ? [] : [plainText(`${refusals}.`)]),
  ].join('\n\n');
}

function requestTable(rows: Output<'requests.list'>['rows']): string {
  return table(
    ['TIME', 'ID', 'MODEL', 'LANE', 'STATUS', 'IN ', 'OUT ', 'COST USD ', 'KIND', 'KEY'],
    rows.map((row) => [
      time(row.createdAtMs),
      row.id,
      row.modelServed ?? (row.modelRequested || unknown),
      row.lane ?? unknown,
      statusOf(row),
      numberOrDash(row.inputTokens),
      numberOrDash(row.outputTokens),
      row.cost ?? unknown,
      row.costKind,
      row.localKeyLabel ?? unknown,
    ]),
  );
}

export function statusOf({
  status,
  refusedBy,
  httpStatus,
  errorCode,
}: Output<'requests.list'>['rows'][number]): string {
  const words = status === 'refused' ? `refused by ${refusalWords({ refusedBy, httpStatus })}` : status;
  return errorCode === null ? words : `${words} (${errorCode})`;
}

export function renderModels({ models }: Output<'models.list'>): string {
  return table(
    ['MODEL', 'LANE', 'PROVIDER', 'IN USD/1M ', 'OUT USD/1M '],
    models.map((model) => [
      model.slug,
      model.lane ?? 'not reachable',
      model.provider ?? unknown,
      model.price?.prices.input ?? unknown,
      model.price?.prices.output ?? unknown,
    ]),
  );
}

export function renderOrder(order: Output<'billing.topup'>): string {
  return `${facts([
    ['Order', order.id],
    ['Amount', `${order.amount} ${order.currency}`],
    ['Status', order.status],
    ['Pay at', order.checkoutUrl],
  ])}\nThe amount is credited once the payment is confirmed.`;
}

export function time(ms: number): string {
  const date = new Date(ms);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${dayText(date)} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function timeOrDash(ms: number | null): string {
  return ms === null ? 'never' : time(ms);
}

function numberOrDash(count: number | null): string {
  return count === null ? unknown : String(count);
}

export function renderLinked({ path, isOnPath }: Linked): string {
  const next = isOnPath ? '' : `\nIts folder is not on the PATH yet. Add it: export PATH="${dirname(path)}:$PATH"`;
  return plainText(`${path} starts this Corvus.`) + next;
}
