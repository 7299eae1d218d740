import { onTestFinished } from 'vitest';
import type { Admission, Call, CallService, HttpTarget, Outcome, RefusedCall, Target } from '#proxy/call.ts';
import { createListener } from '#proxy/listen/create-listener.ts';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { loopbackHosts } from '#proxy/request/guard.ts';
import { createCallHandler } from '#proxy/handle-call.ts';
import type { UpstreamAccount } from '#proxy/reply/judge-reply.ts';
import { replyError } from '#proxy/request/reply-error.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { directNetwork } from '../support/direct-network.ts';
import { type MockUpstream, startMockUpstream } from '../support/fakes/mock-upstream.ts';

export const clientKey = 'sk-local-test';
export const providerKey = 'sk-provider-secret-0001';

export interface GatewayOptions {
  cover?: Admission['cover'];
  admit?(call: Call): Admission | Promise<Admission>;
  settle?(outcome: Outcome): Promise<void>;
  targets?(call: Call): Target[];
  clock?: Clock;
  upstreamAccount?: UpstreamAccount;
  injectUsage?: boolean;
}

export interface TestGateway {
  url: string;
  port: number;
  upstream: MockUpstream;
  outcomes: Outcome[];
  refusals: RefusedCall[];
  failures: unknown[];
  /** Resolves with the outcome number `count` (from 1). */
  settled(count?: number): Promise<Outcome>;
}

export const systemClock: Clock = {
  nowMs: Date.now,
  every(periodMs, task) {
    const timer = setInterval(task, periodMs);
    return () => clearInterval(timer);
  },
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The engine with the smallest service there can be, on a real socket in front of a mock upstream. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const upstream = await startMockUpstream();
  const network = directNetwork();
  const send = createSend(network);
  const clock = options.clock ?? systemClock;
  const outcomes: Outcome[] = [];
  const refusals: RefusedCall[] = [];
  const failures: unknown[] = [];
  const waiting: { count: number; resolve(outcome: Outcome): void }[] = [];
  let made = 0;
  const newRequestId = (): RequestId => requestIdSchema.parse(timeOrderedId('req', (made += 1), new Uint8Array(10)));
  const target = (call: Call): HttpTarget => ({
    kind: 'http',
    name: 'mock',
    origin: upstream.origin,
    path: call.endpoint,
    headers:
      familyOf(call.dialect) === 'openai' ? { authorization: `Bearer ${providerKey}` } : { 'x-api-key': providerKey },
    mayBePrivate: true,
    injectUsage: options.injectUsage ?? true,
  });
  async function settle(outcome: Outcome) {
    outcomes.push(outcome);
    await options.settle?.(outcome);
    for (const { count, resolve } of waiting) if (outcomes.length >= count) resolve(outcomes[count - 1] ?? outcome);
    return { costNanoUsd: nanoUsd(1_500n), balanceNanoUsd: null };
  }
  const service: CallService<string> = {
    authenticate(secret) {
      if (secret !== clientKey) throw new CorvusError('invalid_api_key');
      return 'tester';
    },
    async admit(call) {
      const given = await options.admit?.(call);
      return (
        given ?? {
          targets: options.targets?.(call) ?? [target(call)],
          replyHeaders: { 'x-corvus-lane': 'byok' },
          settle,
          ...(options.cover ? { cover: options.cover } : {}),
        }
      );
    },
    refused: (refusal) => void refusals.push(refusal),
  };
  let guard = { allowedHosts: loopbackHosts(0), refusesBrowsers: true };
  const listener = createListener({
    clock,
    newRequestId,
    handler(request, response) {
      const endpoint = matchEndpoint(request.url ?? '');
      if (endpoint) void calls.handle(request, response, endpoint);
      else replyError(response, 'openai', new CorvusError('route_not_found'), newRequestId());
    },
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  guard = { allowedHosts: loopbackHosts(port), refusesBrowsers: true };
  const calls = createCallHandler({
    service,
    guard,
    send,
    clock,
    upstreamAccount: options.upstreamAccount ?? 'caller',
    random: systemRandom,
    newRequestId,
    trustsRequestId: false,
    onFailure: (_id, cause) => void failures.push(cause),
  });
  onTestFinished(async () => {
    await upstream.close();
    await listener.close(0);
    await network.close();
  });
  const settled = (count = 1): Promise<Outcome> => {
    const outcome = outcomes[count - 1];
    return outcome ? Promise.resolve(outcome) : new Promise((resolve) => waiting.push({ count, resolve }));
  };
  return { url: `http://127.0.0.1:${port}`, port, upstream, outcomes, refusals, failures, settled };
}
