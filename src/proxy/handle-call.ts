import type { IncomingMessage, ServerResponse } from 'node:http';
import { statusFor } from '#shared/dialects/error-body.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import type { Call, CallMethod, CallService, RefusedCall, RequestFacts } from './call.ts';
import type { Endpoint } from './request/endpoints.ts';
import { forwardedQuery } from './request/forwarded-query.ts';
import { checkContentType, checkRequest, type Guard, identify, readCredentials } from './request/guard.ts';
import { createBodyReader, type ReadBody } from './request/read-body.ts';
import { namePlan, readFactsInTurns, readPassthroughFacts, readStoredFacts } from './request/read-call.ts';
import { replyError } from './request/reply-error.ts';
import { createEarlyStream, type EarlyStream } from './relay/early-stream.ts';
import { requestIdHeaders, runCall, type RunEngine } from './run-call.ts';
import { turnForStep } from './turns/flow.ts';
import { watchClient, whenAnswered } from './request/watch-client.ts';

export interface CallHandlerDeps<Caller> extends RunEngine {
  service: CallService<Caller>;
  guard: Guard;
  newRequestId(): RequestId;
  /** Accept the `x-corvus-request-id` that a Corvus app sends, so that one id runs from the tool to the ledger. */
  trustsRequestId: boolean;
}

export interface CallHandler {
  handle(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Promise<void>;
}

/** The hot path: every inference call of both services takes these steps in this order. */
export function createCallHandler<Caller>(parts: CallHandlerDeps<Caller>): CallHandler {
  const { service, clock, guard } = parts;
  const bodies = createBodyReader(clock);

  async function handle(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Promise<void> {
    const receivedAtMs = clock.nowMs();
    const requestId = (parts.trustsRequestId && givenRequestId(request)) || parts.newRequestId();
    let caller: Caller | null = null;
    let facts: RequestFacts | null = null;
    let body: ReadBody | null = null;
    let leave: (() => void) | null = null;
    let early: EarlyStream | null = null;
    let isAdmitted = false;
    const expected = bodies.expect(request);
    const client = watchClient(response);
    try {
      checkRequest(request, guard);
      const method = methodOf(request, endpoint);
      const secrets = readCredentials(request, familyOf(endpoint.dialect) === 'gemini');
      const identified = await identify(secrets, (secret) => service.authenticate(secret));
      caller = identified.caller;
      const { path, dialect, framing } = endpoint;
      if (dialect !== 'openai-passthrough' && familyOf(dialect) !== 'ollama') checkContentType(request);
      const query = forwardedQuery(request.url ?? '', familyOf(dialect));
      const owner = service.shareOf?.(caller);
      body = await expected.read(owner);
      await turnForStep(owner);
      const { headers } = request;
      const read = await readRequest(endpoint, body, { query, contentType: headers['content-type'] });
      facts = read.facts;
      const call: Call = {
        requestId,
        receivedAtMs,
        ...(owner === undefined ? {} : { owner }),
        method,
        endpoint: path,
        query,
        dialect,
        headers,
        body: read.bytes,
        facts,
        memory: body.memory,
        ...(framing ? { framing } : {}),
        hints: identified.hasOther ? ['two-credentials'] : [],
      };
      service.watch?.(call, response);
      leave = (await service.enter?.(caller, client.gone)) ?? null;
      const stream = createEarlyStream({ call, response, clock });
      early = stream;
      const keepAlive = (): void => stream.start(() => requestIdHeaders(requestId));
      const admission = await service.admit(call, caller, client.gone, keepAlive);
      isAdmitted = true;
      await runCall(parts, call, admission, { response, early, gone: client.gone });
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error') parts.onFailure(requestId, error.cause ?? thrown);
      if (!early?.refuse(error)) replyError(response, familyOf(endpoint.dialect), error, requestId);
      if (isAdmitted) return;
      service.refused?.(refusalOf(error, { requestId, receivedAtMs, endpoint, request, facts }), caller);
    } finally {
      early?.stop();
      client.stop();
      body?.memory.release();
      // An answer that waits in this process for a slow reader still occupies its slot.
      if (leave) whenAnswered(response, leave);
    }
  }

  return { handle };
}

/** What is known of a call that was refused before it was admitted. */
function refusalOf(
  error: CorvusError,
  { endpoint, request, facts, ...known }: Pick<RefusedCall, 'requestId' | 'receivedAtMs' | 'facts'> & Received,
): RefusedCall {
  const { path, dialect } = endpoint;
  const { headers } = request;
  const { body, repeatOf } = error.details;
  const given = body?.['reason'];
  return {
    ...known,
    endpoint: path,
    dialect,
    model: facts?.model ?? null,
    userAgent: headers['user-agent'] ?? null,
    headers,
    facts,
    httpStatus: statusFor(familyOf(dialect), error),
    errorCode: error.code,
    errorMessage: error.message,
    reason: typeof given === 'string' ? given : null,
    ...(repeatOf === undefined ? {} : { repeatOf }),
  };
}

interface Received {
  endpoint: Endpoint;
  request: IncomingMessage;
}

/** The decoded body, and the fields of it that matter here. */
async function readRequest(
  { mode, dialect, storedAnswer, said }: Endpoint,
  { bytes, memory }: ReadBody,
  { query, contentType }: { query: string; contentType: string | undefined },
): Promise<{ bytes: Buffer; facts: RequestFacts }> {
  if (storedAnswer !== undefined) return { bytes, facts: readStoredFacts(storedAnswer, query) };
  if (dialect === 'openai-passthrough') return { bytes, facts: await readPassthroughFacts(bytes, contentType) };
  if (!mode) return { bytes, facts: await readFactsInTurns(dialect, bytes, said) };
  const named = await namePlan(mode, bytes);
  if (named !== bytes) {
    memory.take(named.length);
    memory.give(bytes.length);
  }
  return { bytes: named, facts: await readFactsInTurns(dialect, named) };
}

function methodOf(request: IncomingMessage, { methods }: Endpoint): CallMethod {
  const method = methods.find((accepted) => accepted === request.method);
  if (!method) throw new CorvusError('method_not_allowed', `Use ${methods.join(', ')} here.`);
  return method;
}

function givenRequestId(request: IncomingMessage): RequestId | null {
  const header = request.headers['x-corvus-request-id'];
  return header === undefined ? null : (requestIdSchema.safeParse(header).data ?? null);
}
