import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Usage, UsageSource } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Translation } from '#shared/translate/translation.ts';
import type { BodySpans } from './body/change-body.ts';
import type { MemoryShare } from './body/memory-budget.ts';

/** The few fields of a request body that Corvus reads; the body itself travels as bytes. */
export interface RequestFacts {
  model: string;
  isStream: boolean;
  /** The client itself asked for a usage chunk at the end of the stream. */
  asksForUsage: boolean;
  /** The caller's output limit; null when it set none. */
  maxOutputTokens: number | null;
  /** Answers asked for at once (`n`); 1 nearly always. */
  choices: number;
  /** The caller lets the model call tools. */
  hasTools: boolean;
  /** A prudent guess of the input tokens, from the body's size without embedded binary data. */
  inputTokenEstimate: number;
  /** The service tier that is asked for. Absent: none is named. */
  serviceTier?: string;
  /** What the caller says these requests belong together by; absent when it says nothing. */
  sessionId?: string;
  /** Where that stands in the body which an upstream may be sent otherwise. Absent: the body is no JSON, and is sent as it is. */
  spans?: BodySpans;
}

export type CallMethod = 'POST' | 'GET' | 'DELETE';

/** One inbound request, parsed as far as Corvus needs and no further. */
export interface Call {
  requestId: RequestId;
  receivedAtMs: number;
  method: CallMethod;
  /** Normalised path, for example `/v1/chat/completions`. */
  endpoint: string;
  /** With its question mark; empty where there is none. */
  query: string;
  dialect: Dialect;
  headers: IncomingHttpHeaders;
  /** The body exactly as the client meant it (decoded when it came compressed). */
  body: Buffer;
  facts: RequestFacts;
  /** The body's share of the memory for bodies, from which its copies are taken too. Absent: it is part of another call's. */
  memory?: MemoryShare;
}

/** Where a call can be sent. `http`: any URL. `builtin`: a model inside this process. */
export type Target = HttpTarget | BuiltinTarget;

export interface HttpTarget {
  kind: 'http';
  /** Shown in attempts: a provider id or a pool credential's name; never a secret. */
  name: string;
  /** Scheme, host and port, without a path. */
  origin: string;
  /** Path and query on that origin. */
  path: string;
  /** What the model is called there. Absent: as the client calls it. */
  model?: string;
  /** Between the client's dialect and this upstream's. Absent: they are one and the same, and the bytes pass untouched. */
  translation?: Translation;
  /** Credential and dialect headers of this upstream; replace whatever the client sent under the same names. */
  headers: Readonly<Record<string, string>>;
  /** A server on this machine or network is meant: loopback and private addresses are allowed. */
  mayBePrivate: boolean;
  /** The upstream must be told to report usage at the end of a stream, and the report hidden from a client that did not ask. */
  injectUsage: boolean;
  /** How long it may take to begin a stream while another target is left. Absent: as long as any upstream may. */
  firstByteTimeoutMs?: number;
  /** Asked just before it is tried: false, it is passed over now. Absent: it never is. */
  mayTry?(isLast: boolean): boolean;
  /** Added to the reply when this target gives it, for example `x-corvus-provider`. */
  replyHeaders?: Readonly<Record<string, string>>;
}

export interface BuiltinTarget {
  kind: 'builtin';
  name: string;
  /** Between the client's dialect and the one it answers in. Absent: it answers in the client's. */
  translation?: Translation;
  /** Streams always report usage at their end; the report is hidden from a client that did not ask. */
  answer(call: Call, signal: AbortSignal): Promise<BuiltinReply>;
}

/** What a built-in model answers: like an upstream's response, produced at the reader's pace. */
export interface BuiltinReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Buffer>;
}

/** How a call ended: what `settle` is told, once, whatever happened. */
export interface Outcome {
  /** `completed` | `truncated` (upstream broke off) | `cancelled` (client left) | `refused` (an error status was relayed) | `failed` (no usable upstream, or an error that came as a success) | `exhausted` (the hold could not grow) */
  status: 'completed' | 'truncated' | 'cancelled' | 'refused' | 'failed' | 'exhausted';
  httpStatus: number;
  errorCode: ErrorCode | null;
  errorMessage: string | null;
  /** null when nothing is known of what was consumed. Zero usage is a value, not null. */
  usage: Usage | null;
  usageSource: UsageSource;
  /** Some part of an answer reached the client. */
  hasRelayedOutput: boolean;
  /** Output that reached the client, guessed from what it says; what is charged where the upstream's count is missing or cannot be believed. */
  outputTokenEstimate: number;
  modelServed: string | null;
  /** Which of the admission's targets gave the answer; null when none did. */
  servedBy: number | null;
  finishReason: string | null;
  /** Milliseconds from receipt. */
  firstByteMs: number | null;
  totalMs: number;
  responseBytes: number;
  attempts: readonly Attempt[];
  /** Response headers of the upstream that a service may read (cost and balance of the account behind it). */
  upstreamHeaders: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a service says to a call it lets through. */
export interface Admission {
  /** In order of preference; the next one is tried only while nothing was relayed. */
  targets: readonly Target[];
  /** In how many seconds somebody can take the call whom nobody took now; asked once it is settled. Null or absent: not known. */
  retryAfterSeconds?(): number | null;
  /** An upstream account without money is no reason to ask the next target: its refusal is the answer. Absent: it is. */
  staysOnBillingError?: boolean;
  /** Added to the reply whoever gives it, and to a refusal. */
  replyHeaders: Readonly<Record<string, string>>;
  /**
   * Whether the caller can pay for this much output; asked as a stream is relayed. A promise pauses the stream until it
   * resolves; false ends it cleanly. Absent: no limit.
   */
  cover?(outputTokensSoFar: number): boolean | Promise<boolean>;
  /** Settles what was consumed and closes the request. Called exactly once. Never throws for money reasons. */
  settle(outcome: Outcome): Promise<Settlement>;
}

export interface Settlement {
  /** null: not known (yet). */
  costNanoUsd: NanoUsd | null;
  balanceNanoUsd: NanoUsd | null;
}

/** What differs between the desktop gateway and the hosted service; the engine does the rest. */
export interface CallService<Caller> {
  /** Who this secret belongs to. Throws `invalid_api_key`. */
  authenticate(secret: string): Promise<Caller> | Caller;
  /** Whose share of the memory for bodies a call of this caller takes. Absent: all callers are one. */
  shareOf?(caller: Caller): string;
  /**
   * A place among the calls that are answered at once; waits for one for a while. @returns what gives it back. Throws `rate_limit_exceeded`
   * and `overloaded`. Absent: there is room for all.
   */
  enter?(caller: Caller, clientGone: AbortSignal): Promise<() => void> | (() => void);
  /** Chooses targets, reserves money, writes the durable row. Throws a `CorvusError` to refuse; then nothing was sent. */
  admit(call: Call, caller: Caller): Promise<Admission>;
  /** Told of a refusal before admission, for the request list; null caller when it was the key that was refused. */
  refused?(refusal: RefusedCall, caller: Caller | null): void;
}

export interface RefusedCall {
  requestId: RequestId;
  receivedAtMs: number;
  endpoint: string;
  dialect: Dialect;
  model: string | null;
  userAgent: string | null;
  httpStatus: number;
  errorCode: ErrorCode;
  errorMessage: string;
  /** Which of the code's reasons it was, where it has several (`insufficient_credits`). */
  reason: string | null;
}
