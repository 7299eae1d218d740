import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dialect, Need } from '#shared/domain/dialect.ts';
import type { Attempt, RequestHint } from '#shared/account/request.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import type { CorvusError, ErrorCode } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Usage, UsageSource } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { TurnStates } from '#shared/translate/model-state.ts';
import type { Translation } from '#shared/translate/translation.ts';
import type { BodySpans } from './body/change-body.ts';
import type { MemoryShare } from './body/memory-budget.ts';
import type { JsonSpan } from './body/json-span.ts';

/** The few fields of a request body that Corvus reads. The body itself stays bytes. */
export interface RequestFacts {
  model: string;
  isStream: boolean;
  /** The client itself asked for a usage chunk at the end of the stream. */
  asksForUsage: boolean;
  /** The caller's output limit; null when it set none. */
  maxOutputTokens: number | null;
  /** How many answers are asked for (`n`); nearly always 1. */
  choices: number;
  /** The id of the stored answer that it is about. Absent: it is about none. */
  storedAnswer?: string;
  /** What not every dialect can carry. Absent: nothing. */
  needs?: readonly Need[];
  /** The caller lets the model call tools. */
  hasTools: boolean;
  /** A cautious estimate of the input tokens, from the body's size without embedded binary data. */
  inputTokenEstimate: number;
  /** The service tier asked for. Absent: none is named. */
  serviceTier?: string;
  /** The session or user these requests belong to, as the caller names it; absent when it names none. */
  sessionId?: string;
  /** Where the parts stand that a prompt cache compares first. Absent: there are no such members. */
  prefix?: { system: JsonSpan | null; tools: JsonSpan | null };
  /** Where the turns of the conversation stand. Absent: it is no list, or the dialect has none. */
  history?: JsonSpan;
  /**
   * Where each field stands in a body that may be changed for an upstream. Absent: the body is no JSON and is sent
   * unchanged.
   */
  spans?: BodySpans;
}

/** How a stream is written where not as server-sent events: an object a line, or the elements of one list. */
export type Framing = 'lines' | 'list';

export type CallMethod = 'POST' | 'GET' | 'DELETE';

/** One inbound request, parsed only as far as Corvus needs. */
export interface Call {
  requestId: RequestId;
  receivedAtMs: number;
  /** Whose share of the event loop and of the memory for bodies it uses. Absent: it is on its own. */
  owner?: string;
  method: CallMethod;
  /** The normalised path, for example `/v1/chat/completions`. */
  endpoint: string;
  /** Includes the question mark; empty where there is no query. */
  query: string;
  dialect: Dialect;
  /** How the client reads a stream. Absent: as server-sent events. */
  framing?: Framing;
  headers: IncomingHttpHeaders;
  /** The body as the client meant it: decoded if it came compressed. */
  body: Buffer;
  facts: RequestFacts;
  /**
   * The body's share of the memory for bodies; its copies draw on it too. Absent: it is part of another call's share.
   */
  memory?: MemoryShare;
  /** What its sender should know of it. Absent: nothing. */
  hints?: readonly RequestHint[];
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
  /** The model's name at this upstream. Absent: the name the client uses. */
  model?: string;
  /**
   * Translates between the client's dialect and this upstream's. Absent: both are the same, and the bytes pass
   * unchanged.
   */
  translation?: Translation;
  /** States of this model's earlier answers, which a translation cannot show to the client. Absent: none are kept. */
  turnStates?: TurnStates;
  /** This upstream's credential and dialect headers. They replace the client's headers of the same names. */
  headers: Readonly<Record<string, string>>;
  /** The upstream is a server on this machine or network: loopback and private addresses are allowed. */
  mayBePrivate: boolean;
  /** By which proxy it is reached. Absent: the choice that holds for everything. */
  proxy?: ProxyChoice;
  /**
   * The upstream must be asked to report usage at the end of a stream. The report is hidden from a client that did not
   * ask.
   */
  injectUsage: boolean;
  /** The most tokens that each answer may have, below what its caller allows. Absent: the caller's own limit counts. */
  outputLimit?: number;
  /** First-byte timeout of a stream while another target is left. Absent: the limit that holds for any upstream. */
  firstByteTimeoutMs?: number;
  /**
   * The upstream is this program's hosted service. It takes a request's id only once and retries by itself, and keeps
   * the client of a stream alive as soon as the money is held; until then its refusal has to keep its status. Absent:
   * both are done here.
   */
  isService?: true;
  /** Decides whether the target is tried, and learns from its attempts. Absent: it always is. */
  breaker?: Breaker;
  /** Reply headers for when this target answers, for example `x-corvus-provider`. */
  replyHeaders?: Readonly<Record<string, string>>;
}

/** The circuit breaker of one target. After `mayTry` was true, exactly one of `record` and `release` follows. */
export interface Breaker {
  /** Called just before each try of the target; on false it is skipped. A retry has waited for it, and never is. */
  mayTry(isLast: boolean, isRetry?: boolean): boolean;
  /**
   * How the attempt ended. @param result.httpStatus of an error in the form of a success, the status that it names;
   * null: without an answer, or with such an error that names none
   */
  record(result: { httpStatus: number | null; retryAfterMs: number | null }): void;
  /** The attempt says nothing about the upstream, or nothing more than that it can be asked again. */
  release(): void;
}

export interface BuiltinTarget {
  kind: 'builtin';
  name: string;
  /** Translates between the client's dialect and the one the model answers in. Absent: it answers in the client's. */
  translation?: Translation;
  /** Streams always report usage at their end. The report is hidden from a client that did not ask. */
  answer(call: Call, signal: AbortSignal): Promise<BuiltinReply>;
}

/** The answer of a built-in model: like an upstream's response, produced at the reader's pace. */
export interface BuiltinReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Buffer>;
}

/** How a call ended. `settle` gets it exactly once, whatever happened. */
export interface Outcome {
  /**
   * `completed` | `truncated` (upstream broke off) | `cancelled` (client left) | `refused` (by this service, or by the
   * upstream with a status below 500) | `failed` (no usable upstream, or its own error) | `exhausted` (the hold could
   * not grow)
   */
  status: 'completed' | 'truncated' | 'cancelled' | 'refused' | 'failed' | 'exhausted';
  httpStatus: number;
  /** null unless the status is `refused`. */
  refusedBy: 'service' | 'upstream' | null;
  errorCode: ErrorCode | null;
  errorMessage: string | null;
  /** null when nothing is known about what was consumed. Zero usage is a value, not null. */
  usage: Usage | null;
  usageSource: UsageSource;
  /** Part of an answer reached the client. */
  hasRelayedOutput: boolean;
  /** Estimated output that reached the client. It is charged where the upstream's count is missing or implausible. */
  outputTokenEstimate: number;
  modelServed: string | null;
  /** The id under which its provider keeps the answer; null: it keeps none. */
  answerId: string | null;
  /** Which of the admission's targets answered; null when none did. */
  servedBy: number | null;
  finishReason: string | null;
  /** Milliseconds from receipt. */
  firstByteMs: number | null;
  totalMs: number;
  responseBytes: number;
  attempts: readonly Attempt[];
  /**
   * What the client was told in place of an answer: a refusal of this program, or the upstream's own words in the
   * client's dialect; null: it was answered.
   */
  refusal: CorvusError | Buffer | null;
  /** Upstream response headers that a service may read: cost and balance of the account behind it. */
  upstreamHeaders: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a service returns for a call it admits. */
export interface Admission {
  /** In order of preference. The next one is tried only while nothing was relayed. */
  targets: readonly Target[];
  /**
   * Seconds until a target can take the call that none could take now; read after settlement. Null or absent: not
   * known.
   */
  retryAfterSeconds?(): number | null;
  /** An upstream account without money does not lead to the next target: its refusal is the answer. Absent: it does. */
  staysOnBillingError?: boolean;
  /**
   * A reply that is no stream is read to its end before any of it is sent, even a large one. Absent: of a large one,
   * only what it reports about itself is read while it passes.
   */
  readsWhole?: boolean;
  /** Reply headers for every answer and for a refusal, whichever target answers. */
  replyHeaders: Readonly<Record<string, string>>;
  /**
   * Whether the caller can pay for this much output of the target that answers; asked while a stream is relayed. A
   * promise pauses the stream until it resolves; false ends it cleanly. Absent: no limit.
   */
  cover?(outputTokensSoFar: number, servedBy: number): boolean | Promise<boolean>;
  /**
   * A stream has shown the id of its answer, which is made in the background: as soon as the client sees it, it may ask
   * for it over another connection. Absent: no one keeps it.
   */
  named?(answer: NamedAnswer): void;
  /**
   * An upstream refused the call, and nothing of an answer was relayed. A promise lets the client wait: true sends the
   * call again, to what are its targets then; false lets it end. Absent, or null: it ends.
   */
  resume?(outcome: Outcome): Promise<boolean> | null;
  /** Settles what was consumed and closes the request. Called exactly once. Never throws because of money. */
  settle(outcome: Outcome): Promise<Settlement>;
}

/** @see Admission.named */
export interface NamedAnswer extends Pick<Outcome, 'attempts'> {
  answerId: string;
  /** Which of the admission's targets makes it. */
  servedBy: number;
}

export interface Settlement {
  /** null: not known (yet). */
  costNanoUsd: NanoUsd | null;
  balanceNanoUsd: NanoUsd | null;
}

/** What differs between the desktop gateway and the hosted service. The engine does the rest. */
export interface CallService<Caller> {
  /** Finds the owner of this secret. Throws `invalid_api_key`. */
  authenticate(secret: string): Promise<Caller> | Caller;
  /**
   * Whose share of the event loop and of the memory for bodies this caller's calls use. Absent: all callers share one.
   */
  shareOf?(caller: Caller): string;
  /**
   * Takes a slot among the concurrent calls, waiting for one if needed. @returns a function that frees it. Throws
   * `rate_limit_exceeded` and `overloaded`. Absent: concurrency is not limited.
   */
  enter?(caller: Caller, clientGone: AbortSignal): Promise<() => void> | (() => void);
  /**
   * Chooses targets, reserves money, writes the durable row. Throws a `CorvusError` to refuse; then nothing was sent.
   * @param clientGone ends any wait for money
   * @param keepAlive keeps a client alive that is going to wait for long
   */
  admit(call: Call, caller: Caller, clientGone: AbortSignal, keepAlive: () => void): Promise<Admission>;
  /** Shows a call, and the response that it will get, before anything is written. Absent: no one looks. */
  watch?(call: Call, response: ServerResponse): void;
  /** Reports a refusal before admission, for the request list. The caller is null when the key itself was refused. */
  refused?(refusal: RefusedCall, caller: Caller | null): void;
}

export interface RefusedCall {
  requestId: RequestId;
  receivedAtMs: number;
  endpoint: string;
  dialect: Dialect;
  model: string | null;
  userAgent: string | null;
  headers: IncomingHttpHeaders;
  /** null: its body was not read. */
  facts: RequestFacts | null;
  httpStatus: number;
  errorCode: ErrorCode;
  errorMessage: string;
  /** Which of the code's reasons it was, where a code has several (`insufficient_credits`). */
  reason: string | null;
  /** It is counted at that earlier request, which was the same. Absent: it is none of the kind. */
  repeatOf?: string;
}
