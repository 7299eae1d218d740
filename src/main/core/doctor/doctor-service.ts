import type { Handlers } from '#shared/contract/contract.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import type { ToolId } from '#shared/domain/tool.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Ports } from '../ports.ts';
import { recipeOf } from '../tools/recipe.ts';
import { verdictOfTool } from './check-tools.ts';
import { checkAccount, checkNetwork, checkProviders, type Finding, ill } from './check-upstreams.ts';
import { nextStep } from './diagnose.ts';
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
  /** null: Corvus does not listen. */
  gatewayUrl(): string | null;
  /** The calls that a person would make, too. */
  handlers: Pick<Handlers, CallsMade>;
}

export function createDoctorService(deps: DoctorServiceDeps): { handlers: Pick<Handlers, 'doctor.run'> } {
  const { ports, send, gatewayUrl, handlers } = deps;

  async function checkTools(toolId: ToolId | null): Promise<Finding[]> {
    const tools = await handlers['tools.list']({ terminal: [] });
    const connected = tools.filter(({ id, connection }) => (toolId === null ? connection !== null : id === toolId));
    return Promise.all(
      connected.map(async (tool) => {
        const verdict = await verdictOfTool(tool, { clock: ports.clock, send, gatewayUrl });
        const text = verdict?.sentence ?? 'Its settings name this Corvus.';
        return { check: { name: tool.name, isWell: verdict === null, text }, verdict };
      }),
    );
  }

  async function checkAll(toolId: ToolId | null): Promise<{ findings: Finding[]; isSetUp: boolean }> {
    const [network, account, providers, tools] = await Promise.all([
      guarded(() => checkNetwork(handlers)),
      guarded(() => checkAccount(handlers)),
      guarded(() => checkProviders(handlers)),
      guarded(() => checkTools(toolId)),
    ]);
    const upstreams = [...network, ...account, ...providers];
    // Of a tool that was asked about, its own settings go first.
    const findings = toolId === null ? [...upstreams, ...tools] : [...tools, ...upstreams];
    return { findings, isSetUp: account.length + providers.length > 0 };
  }

  return {
    handlers: {
      async 'doctor.run'({ requestId, toolId }) {
        if (toolId !== null) recipeOf(toolId);
        const request = requestId === null ? null : await handlers['requests.get']({ id: requestId });
        const { findings, isSetUp } = await checkAll(toolId);
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

const notSetUp: Verdict = {
  diagnosis: 'not-set-up',
  layer: 'corvus',
  sentence: 'No account and no provider is set up.',
  proof: [],
  next: nextStep('not-set-up', 'corvus'),
};

/** The checks are its proof. */
const healthy: Verdict = {
  diagnosis: 'healthy',
  layer: 'none',
  sentence: 'Everything that was tested works.',
  proof: [],
  next: null,
};
