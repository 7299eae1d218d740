import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { StreamTranslator } from '#shared/translate/translation.ts';
import type { Call } from '../call.ts';
import type { UpstreamAccount } from './judge-reply.ts';
import type { UpstreamReply } from './upstream-reply.ts';
import type { Clock } from '#shared/ports.ts';

/** The translation of one call: it turns what comes back into the client's dialect. */
export interface CallTranslation {
  /** The upstream's dialect. */
  dialect: Dialect;
  /** Which members of the request the upstream did not get. */
  notCarried: readonly string[];
  stream(): StreamTranslator;
  /** A whole reply, or an error, in the client's dialect. */
  whole(status: number, body: JsonObject): JsonObject;
  /** A whole reply as the stream that the client asked for: server-sent events text. */
  wholeAsStream(body: JsonObject): string;
}

/** One upstream answer on its way to one client. */
export interface Relay {
  call: Call;
  reply: UpstreamReply;
  response: ServerResponse;
  /** Headers for the client, complete except for length and cost. */
  headers: OutgoingHttpHeaders;
  /** Of the admission, for the target that answered. undefined: everything is paid for. */
  cover: ((outputTokensSoFar: number) => boolean | Promise<boolean>) | undefined;
  /** Of the admission: it is told the id of an answer in the background. undefined: no one keeps it. */
  named: ((answerId: string) => void) | undefined;
  /** Of the admission. */
  readsWhole: boolean;
  /** null: the upstream uses the client's dialect. */
  translation: CallTranslation | null;
  /** The usage event was asked for on the client's behalf and must not reach it. */
  hidesUsage: boolean;
  /** It comes from the hosted service, which settles before it ends. */
  isOfService: boolean;
  /** Whose account the upstream bills. */
  account: UpstreamAccount;
  clock: Clock;
  /** Aborts when the client is gone. */
  clientGone: AbortSignal;
}

/** The dialect in which the upstream's own words are read. */
export function upstreamDialect({ call, translation }: Pick<Relay, 'call' | 'translation'>): Dialect {
  return translation?.dialect ?? call.dialect;
}

/** How far a relay got. It becomes the request's outcome. */
export interface Relayed {
  /** `failed`: it was an error in the form of a success, and nothing else was relayed. */
  end: 'completed' | 'truncated' | 'cancelled' | 'exhausted' | 'failed';
  error: CorvusError | null;
  facts: ReplyFacts;
  hasRelayedOutput: boolean;
  /** Output that was relayed, as the dialect's reader measures it. */
  outputTokenEstimate: number;
  responseBytes: number;
  firstByteMs: number | null;
}
