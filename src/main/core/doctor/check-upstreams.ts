import type { Handlers, Output } from '#shared/contract/contract.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { minuteMs } from '#shared/time.ts';
import { type Failure, verdictOf } from './diagnose.ts';

type UpstreamCalls = Pick<
  Handlers,
  'account.get' | 'balance.get' | 'network.get' | 'providers.list' | 'providers.test'
>;

type Check = Output<'doctor.run'>['checks'][number];

/** A check, and what follows from it; null where it shows nothing wrong. */
export interface Finding {
  check: Check;
  verdict: Verdict | null;
}

/** Whether the account answers and has money; nothing where there is none. */
export async function checkAccount(handlers: UpstreamCalls): Promise<Finding[]> {
  const { mode, problem, keyHint } = await handlers['account.get'](undefined);
  if (mode === 'none') return [];
  const name = 'Account';
  const balance = await handlers['balance.get']({ refresh: true });
  if (problem !== null || balance.state === 'unknown') {
    const message = problem ?? (balance.state === 'unknown' ? balance.reason : '');
    return [ill(name, { code: codeInWords(message), httpStatus: null, message, askedLast: 'account' })];
  }
  if (balance.state === 'none') return [];
  const isEmpty = (parseUsd(balance.spendable) ?? zeroUsd) <= zeroUsd;
  const left = `${balance.spendable} USD can be spent.`;
  if (!isEmpty) return [well(name, left)];
  const message = `The account is empty: ${left} Its key is ${keyHint}; a top-up of another key does not arrive here.`;
  return [ill(name, { code: 'insufficient_credits', httpStatus: null, message, askedLast: 'account' })];
}

/** Whether each provider takes its keys, and how this machine's clock compares with theirs. */
export async function checkProviders(handlers: UpstreamCalls): Promise<Finding[]> {
  const listed = await handlers['providers.list'](undefined);
  const tested = await Promise.all(listed.map(({ id }) => handlers['providers.test']({ id })));
  // A wrong clock makes providers refuse, so it goes first.
  return [...tested.flatMap(findingsOfClock), ...tested.map(findingOfTest)];
}

/** Whether the chosen proxy and certificates can be used at all. */
export async function checkNetwork(handlers: UpstreamCalls): Promise<Finding[]> {
  const { problem } = await handlers['network.get'](undefined);
  if (problem === null) return [];
  return [ill('Network', { code: 'certificate_not_trusted', httpStatus: null, message: problem, askedLast: null })];
}

function findingOfTest({ id, lastTest }: Provider): Finding {
  const text = lastTest?.message ?? 'It was not tested.';
  if (lastTest?.ok) return well(id, text);
  return ill(id, { code: lastTest?.code ?? null, httpStatus: null, message: text, askedLast: id });
}

function findingsOfClock({ id, lastTest }: Provider): Finding[] {
  const aheadMs = lastTest?.clockAheadMs;
  if (aheadMs === undefined) return [];
  const minutes = Math.round(Math.abs(aheadMs) / minuteMs);
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  const message = `The clock of this machine is ${minutes} minutes ${direction} that of ${id}. Set the clock.`;
  return [ill('Clock', { code: null, httpStatus: null, message, askedLast: null })];
}

function well(name: string, text: string): Finding {
  return { check: { name, isWell: true, text }, verdict: null };
}

/** A check that failed. */
export function ill(name: string, failure: Failure): Finding {
  return { check: { name, isWell: false, text: failure.message }, verdict: verdictOf(failure, [failure.message]) };
}

/** The account reports its problem as a sentence only. */
function codeInWords(message: string): string {
  return /does not accept this customer key/.test(message) ? 'invalid_api_key' : 'upstream_connection_error';
}
