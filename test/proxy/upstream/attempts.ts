import { onTestFinished } from 'vitest';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import type { Engine } from '#proxy/upstream/engine.ts';
import { createSend, type Send } from '#proxy/upstream/send.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { systemClock } from '../start-gateway.ts';

/** A call with this body. */
export function callOf(dialect: Call['dialect'], text: string): Call {
  const body = Buffer.from(text);
  return { ...testCall(), dialect, body, facts: readFacts(dialect, body) };
}

/** What opens an upstream, over this test's own network. */
export function startEngine(around = (send: Send): Send => send): Engine {
  const network = directNetwork();
  onTestFinished(() => network.close());
  return { send: around(createSend(network)), clock: systemClock, upstreamAccount: 'caller', random: systemRandom };
}

export async function startUpstream() {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  return upstream;
}

export function targetAt(origin: string, more: Partial<HttpTarget> = {}): HttpTarget {
  return {
    kind: 'http',
    name: 'mock',
    origin,
    path: '/v1/chat/completions',
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
    ...more,
  };
}
