import type { RequestDetail } from '#shared/account/request.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import { toCorvusError } from '#shared/errors.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { causeOf, type Failure, nextStep } from './diagnose.ts';

export interface DoctorServiceDeps {
  /** The calls that a person would make, too. */
  handlers: Pick<Handlers, 'account.get' | 'balance.get' | 'network.get' | 'providers.list' | 'providers.test' | 'requests.get'>;
}

type Check = Output<'doctor.run'>['checks'][number];

/** A check, and how it failed; null where it did not. */
interface Finding {
  check: Check;
  failure: Failure | null;
}

export function createDoctorService({ handlers }: DoctorServiceDeps): { handlers: Pick<Handlers, 'doctor.run'> } {
  async function checkAccount(): Promise<Finding[]> {
    const { mode, problem } = await handlers['account.get'](undefined);
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
    return [ill(name, { code: 'insufficient_credits', httpStatus: null, message: `The account is empty: ${left}`, askedLast: 'account' })];
  }

  async function checkProviders(): Promise<Finding[]> {
    const listed = await handlers['providers.list'](undefined);
    return Promise.all(
      listed.map(async ({ id }) => {
        const { lastTest } = await handlers['providers.test']({ id });
        const text = lastTest?.message ?? 'It was not tested.';
        if (lastTest?.ok) return well(id, text);
        return ill(id, { code: lastTest?.code ?? null, httpStatus: null, message: text, askedLast: id });
      }),
    );
  }

  async function checkNetwork(): Promise<Finding[]> {
    const { problem } = await handlers['network.get'](undefined);
    if (problem === null) return [];
    return [ill('Network', { code: 'certificate_not_trusted', httpStatus: null, message: problem, askedLast: null })];
  }

  async function checkAll(): Promise<Finding[]> {
    const found = await Promise.all(
      [checkNetwork, checkAccount, checkProviders].map((check) =>
        check().catch((error: unknown) => {
          const { code, message } = toCorvusError(error);
          return [ill('Corvus', { code, httpStatus: null, message, askedLast: null })];
        }),
      ),
    );
    return found.flat();
  }

  return {
    handlers: {
      async 'doctor.run'({ requestId }) {
        const request = requestId === null ? null : await handlers['requests.get']({ id: requestId });
        const findings = await checkAll();
        const checks = findings.map(({ check }) => check);
        if (request) return { verdict: verdictOfRequest(request), checks };
        const failure = findings.find((finding) => finding.failure !== null)?.failure ?? null;
        if (failure) return { verdict: verdictOf(failure, [failure.message]), checks };
        return { verdict: checks.length === 0 ? notSetUp : healthy(checks), checks };
      },
    },
  };
}

function well(name: string, text: string): Finding {
  return { check: { name, isWell: true, text }, failure: null };
}

function ill(name: string, failure: Failure): Finding {
  return { check: { name, isWell: false, text: failure.message }, failure };
}

/** The account reports its problem as a sentence only. */
function codeInWords(message: string): string {
  return /does not accept this customer key/.test(message) ? 'invalid_api_key' : 'upstream_connection_error';
}

const notSetUp: Verdict = {
  diagnosis: 'not-set-up',
  layer: 'corvus',
  sentence: 'No account and no provider is set up.',
  proof: [],
  next: nextStep('not-set-up', 'corvus'),
};

function healthy(checks: readonly Check[]): Verdict {
  const proof = checks.map(({ name, text }) => `${name}: ${text}`);
  return { diagnosis: 'healthy', layer: 'none', sentence: 'Everything that was tested works.', proof, next: null };
}

function verdictOf(failure: Failure, proof: string[]): Verdict {
  const { diagnosis, layer } = causeOf(failure);
  return { diagnosis, layer, sentence: failure.message, proof, next: nextStep(diagnosis, layer) };
}

function verdictOfRequest(request: RequestDetail): Verdict {
  const { status, errorCode, errorMessage, httpStatus, provider, endpoint, modelRequested, attempts } = request;
  const asked = attempts.map((attempt) => `${attempt.provider} was asked: ${attempt.errorCode ?? attempt.httpStatus ?? 'no answer'}`);
  const proof = [`The tool asked for ${modelRequested} at ${endpoint}: HTTP ${httpStatus ?? 'none'}, ${errorCode ?? status}`, ...asked];
  if (status === 'completed' || status === 'open') {
    const sentence = status === 'open' ? 'This request is still being answered.' : 'This request was answered.';
    return { diagnosis: 'healthy', layer: 'none', sentence, proof, next: null };
  }
  if (status === 'cancelled') {
    return { diagnosis: 'unknown', layer: 'tool', sentence: 'The tool closed the request before its end.', proof, next: null };
  }
  const message = errorMessage ?? 'No reason was given.';
  const askedLast = attempts.length === 0 ? null : (provider ?? null);
  return verdictOf({ code: errorCode, httpStatus, message, askedLast }, proof);
}
