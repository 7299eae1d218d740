import type { Handlers, Output } from '#shared/contract/contract.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { toCorvusError } from '#shared/errors.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Ports } from '../ports.ts';
import { verdictOfTool } from './check-tools.ts';
import { type Failure, nextStep, verdictOf } from './diagnose.ts';
import { explainRequest } from './explain-request.ts';

type CallsMade =
  | 'account.get'
  | 'balance.get'
  | 'billing.orders'
  | 'models.list'
  | 'network.get'
  | 'providers.list'
  | 'providers.test'
  | 'requests.get'
  | 'tools.list';

export interface DoctorServiceDeps {
  ports: Pick<Ports, 'clock'>;
  send: Send;
  /** The calls that a person would make, too. */
  handlers: Pick<Handlers, CallsMade>;
}

type Check = Output<'doctor.run'>['checks'][number];

/** A check, and what follows from it; null where it shows nothing wrong. */
interface Finding {
  check: Check;
  verdict: Verdict | null;
}

export function createDoctorService({ ports: { clock }, send, handlers }: DoctorServiceDeps): { handlers: Pick<Handlers, 'doctor.run'> } {
  async function checkAccount(): Promise<Finding[]> {
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
    const message = `The account is empty: ${left} Its key ends in ${keyHint}; a top-up of another key does not arrive here.`;
    return [ill(name, { code: 'insufficient_credits', httpStatus: null, message, askedLast: 'account' })];
  }

  async function checkProviders(): Promise<Finding[]> {
    const listed = await handlers['providers.list'](undefined);
    const tested = await Promise.all(listed.map(({ id }) => handlers['providers.test']({ id })));
    // A wrong clock makes providers refuse, so it goes first.
    return [...tested.flatMap(findingsOfClock), ...tested.map(findingOfTest)];
  }

  async function checkNetwork(): Promise<Finding[]> {
    const { problem } = await handlers['network.get'](undefined);
    if (problem === null) return [];
    return [ill('Network', { code: 'certificate_not_trusted', httpStatus: null, message: problem, askedLast: null })];
  }

  async function checkTools(): Promise<Finding[]> {
    const tools = await handlers['tools.list']({ terminal: [] });
    const connected = tools.filter(({ connection }) => connection !== null);
    return Promise.all(
      connected.map(async (tool) => {
        const verdict = await verdictOfTool(tool, { clock, send });
        const text = verdict?.sentence ?? 'Its settings name this Corvus.';
        return { check: { name: tool.name, isWell: verdict === null, text }, verdict };
      }),
    );
  }

  async function checkAll(): Promise<{ findings: Finding[]; isSetUp: boolean }> {
    const [network, account, providers, tools] = await Promise.all([
      guarded(checkNetwork),
      guarded(checkAccount),
      guarded(checkProviders),
      guarded(checkTools),
    ]);
    return { findings: [...network, ...account, ...providers, ...tools], isSetUp: account.length + providers.length > 0 };
  }

  return {
    handlers: {
      async 'doctor.run'({ requestId }) {
        const request = requestId === null ? null : await handlers['requests.get']({ id: requestId });
        const { findings, isSetUp } = await checkAll();
        const checks = findings.map(({ check }) => check);
        if (request) return { verdict: await explainRequest(request, handlers), checks };
        if (!isSetUp) return { verdict: notSetUp, checks };
        const verdict = findings.find((finding) => finding.verdict !== null)?.verdict;
        return { verdict: verdict ?? healthy, checks };
      },
    },
  };
}

/** A check that fails itself is a finding, too. */
async function guarded(check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    const { code, message } = toCorvusError(error);
    return [ill('Corvus', { code, httpStatus: null, message, askedLast: null })];
  }
}

function findingOfTest({ id, lastTest }: Provider): Finding {
  const text = lastTest?.message ?? 'It was not tested.';
  if (lastTest?.ok) return well(id, text);
  return ill(id, { code: lastTest?.code ?? null, httpStatus: null, message: text, askedLast: id });
}

const minuteMs = 60_000;

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

function ill(name: string, failure: Failure): Finding {
  return { check: { name, isWell: false, text: failure.message }, verdict: verdictOf(failure, [failure.message]) };
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

/** The checks are its proof. */
const healthy: Verdict = { diagnosis: 'healthy', layer: 'none', sentence: 'Everything that was tested works.', proof: [], next: null };
