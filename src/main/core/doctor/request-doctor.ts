import type { Send } from '#proxy/upstream/send.ts';
import type { RequestDetail, RequestSummary } from '#shared/account/request.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { RequestId } from '#shared/ids.ts';
import { usdText } from '#shared/money.ts';
import type { Ports } from '../ports.ts';
import { createRunKeys } from '../tools/run-tool.ts';
import { supportPacket } from './support-packet.ts';
import { planTrials, runTrials } from './trials.ts';

type CallsMade =
  | 'balance.get'
  | 'keys.create'
  | 'keys.list'
  | 'keys.revoke'
  | 'models.list'
  | 'providers.list'
  | 'requests.get'
  | 'requests.list';

export interface RequestDoctorDeps {
  ports: Pick<Ports, 'clock' | 'secrets' | 'userSpace'>;
  send: Send;
  version: string;
  /** null: Corvus does not listen. */
  gatewayUrl(): string | null;
  handlers: Pick<Handlers, CallsMade>;
  /** Every secret that is in use, to be taken out of what is shown. */
  secretsInUse(): Promise<readonly string[]>;
}

const smallOutput = 64;
const rememberedTrials = 50;

/** What the doctor does about one request: tries it small, and puts together what support needs. */
export function createRequestDoctor(
  deps: RequestDoctorDeps,
): Pick<Handlers, 'doctor.trial-cost' | 'doctor.try' | 'doctor.packet'> {
  const { ports, handlers, version, send, gatewayUrl, secretsInUse } = deps;
  const trialsDeps = {
    clock: ports.clock,
    send,
    gatewayUrl,
    handlers,
    runKeys: createRunKeys(ports.secrets, handlers),
  };
  const tried = new Map<RequestId, Output<'doctor.try'>>();

  return {
    async 'doctor.trial-cost'({ requestId }) {
      const { model, features, most } = await planTrials(await handlers['requests.get']({ id: requestId }), trialsDeps);
      return { model, features, most: most === null ? null : usdText(most) };
    },
    async 'doctor.try'({ requestId }) {
      const result = await runTrials(await handlers['requests.get']({ id: requestId }), trialsDeps);
      tried.delete(requestId);
      tried.set(requestId, result);
      for (const old of [...tried.keys()].slice(0, -rememberedTrials)) tried.delete(old);
      return result;
    },
    async 'doctor.packet'({ requestId }) {
      const request = await handlers['requests.get']({ id: requestId });
      const [smallSince, providers, secrets] = await Promise.all([
        smallRequestSince(request, handlers),
        handlers['providers.list'](undefined),
        secretsInUse(),
      ]);
      const kindOf = new Map(providers.map(({ id, kind }) => [id as string, kind]));
      const { home, platform } = ports.userSpace;
      return {
        fields: supportPacket({
          request,
          tried: tried.get(requestId) ?? null,
          smallSince,
          version,
          platform,
          kindOf,
          secrets,
          home,
        }),
      };
    },
  };
}

async function smallRequestSince(
  request: RequestDetail,
  handlers: Pick<Handlers, 'requests.list'>,
): Promise<RequestSummary | null> {
  const filter = { ...noFilter, model: request.modelRequested, fromMs: request.createdAtMs + 1 };
  const { rows } = await handlers['requests.list']({ filter, cursor: null, limit: 50 });
  return rows.find(({ status, outputTokens }) => status !== 'open' && (outputTokens ?? 0) <= smallOutput) ?? null;
}
