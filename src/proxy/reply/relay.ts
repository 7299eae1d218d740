import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { Admission, Call } from '../call.ts';
import type { CallTranslation } from '../upstream/outbound.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** Time as the engine needs it. */
export interface EngineClock {
  nowMs(): number;
  every(periodMs: number, task: () => void): () => void;
  after(delayMs: number, task: () => void): () => void;
}

/** One upstream answer on its way to one client. */
export interface Relay {
  call: Call;
  reply: UpstreamReply;
  response: ServerResponse;
  /** Headers for the client, complete but for length and cost. */
  headers: OutgoingHttpHeaders;
  cover: Admission['cover'];
  /** null: the upstream speaks the client's dialect. */
  translation: CallTranslation | null;
  /** The usage event was asked for on the client's behalf and must not reach it. */
  hidesUsage: boolean;
  clock: EngineClock;
  /** Aborts when the client is gone. */
  clientGone: AbortSignal;
}

/** What the upstream's own words are to be read as. */
export function upstreamDialect({ call, translation }: Pick<Relay, 'call' | 'translation'>): Dialect {
  return translation?.dialect ?? call.dialect;
}

/** How far a relay got; becomes the request's outcome. */
export interface Relayed {
  /** `failed`: it was an error that called itself a success, and nothing else was relayed. */
  end: 'completed' | 'truncated' | 'cancelled' | 'exhausted' | 'failed';
  error: CorvusError | null;
  facts: ReplyFacts;
  hasRelayedOutput: boolean;
  /** Output that was relayed, as the dialect's reader measures it. */
  outputTokenEstimate: number;
  responseBytes: number;
  firstByteMs: number | null;
}
