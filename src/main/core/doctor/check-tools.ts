import { codeOf } from '#proxy/network/connection-refusal.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import type { Tool } from '#shared/domain/tool.ts';
import { toolProblems } from '#shared/domain/tool-problems.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import { within } from '../providers/within.ts';
import { nextStep } from './diagnose.ts';

export interface ToolCheckDeps {
  clock: Clock;
  send: Send;
  gatewayUrl(): string | null;
}

/** Why a tool does not reach this Corvus; null if nothing indicates a problem. */
export async function verdictOfTool(
  { name, connection, overrides }: Tool,
  deps: ToolCheckDeps,
): Promise<Verdict | null> {
  if (!connection) {
    const next = { text: 'Connect the tool.', page: '/tools' };
    return { diagnosis: 'not-set-up', layer: 'tool', sentence: `${name} is not connected by Corvus.`, proof: [], next };
  }
  if (deps.gatewayUrl() === null) {
    const sentence = `Corvus is not running, so ${name} gets no answer.`;
    return { diagnosis: 'not-running', layer: 'corvus', sentence, proof: [], next: nextStep('not-running', 'corvus') };
  }
  // The value of a variable is not read and may be the right address: requests from the tool prove that it is.
  const unproven = connection.lastRequestAtMs === null ? overrides : [];
  const problems = toolProblems({ connection, overrides: unproven });
  const [first] = problems;
  if (first === undefined) return null;
  const reachesUs = toolProblems({ connection: { ...connection, isKeyRefused: false }, overrides: [] }).length === 0;
  if (reachesUs && connection.isKeyRefused) {
    const next = { text: 'Connect the tool again: it gets a new key.', page: '/tools' };
    return { diagnosis: 'invalid-key', layer: 'tool', sentence: `${name} is refused: ${first}`, proof: problems, next };
  }
  const isTaken = connection.isElsewhere && (await isListening(connection.gatewayUrl, deps));
  const diagnosis = isTaken ? 'port-taken' : 'tool-points-elsewhere';
  const sentence = isTaken
    ? `Another program listens at ${connection.gatewayUrl}, where ${name} sends its requests.`
    : `${name} does not reach Corvus: ${first}`;
  return { diagnosis, layer: 'tool', sentence, proof: problems, next: nextStep(diagnosis, 'tool') };
}

const waitMs = 2_000;

/** Whether any program answers at an address of this machine, in whatever way. */
async function isListening(origin: string, { clock, send }: Pick<ToolCheckDeps, 'clock' | 'send'>): Promise<boolean> {
  const question = {
    origin,
    path: '/',
    method: 'GET',
    headers: {},
    body: null,
    mayBePrivate: true,
    proxy: { use: 'none' },
  } as const;
  try {
    const reply = await within(clock, waitMs, (signal) => send.send(question, signal));
    reply.abort();
    return true;
  } catch (error) {
    return codeOf(toCorvusError(error).cause) !== 'ECONNREFUSED';
  }
}
