import type { IncomingMessage, ServerResponse } from 'node:http';
import { statusFor } from '#shared/dialects/error-body.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import type { Call, CallMethod, CallService } from './call.ts';
import type { Endpoint } from './endpoints.ts';
import { checkContentType, checkRequest, type Guard, readCredential } from './guard.ts';
import { createBodyReader, type ReadBody } from './read-body.ts';
import { namePlan, readFacts, readPassthroughFacts } from './read-call.ts';
import { replyError } from './reply-error.ts';
import { runCall, type RunEngine } from './run-call.ts';

export interface CallHandlerParts<Caller> extends RunEngine {
  service: CallService<Caller>;
  guard: Guard;
  newRequestId(): RequestId;
  /** Take over the `x-corvus-request-id` a Corvus app sends, so that one id runs from the tool to the ledger. */
  trustsRequestId: boolean;
}

export interface CallHandler {
  handle(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Promise<void>;
}

/** The hot path: every inference call of both services takes these steps, in this order. */
export function createCallHandler<Caller>(parts: CallHandlerParts<Caller>): CallHandler {
  const { service, clock, guard } = parts;
  const bodies = createBodyReader();

  async function handle(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Promise<void> {
    const receivedAtMs = clock.nowMs();
    const requestId = (parts.trustsRequestId && givenRequestId(request)) || parts.newRequestId();
    let caller: Caller | null = null;
    let model: string | null = null;
    let body: ReadBody | null = null;
    let isAdmitted = false;
    try {
      checkRequest(request, guard);
      const method = methodOf(request, endpoint);
      caller = await service.authenticate(readCredential(request));
      const { path, dialect } = endpoint;
      if (dialect !== 'openai-passthrough') checkContentType(request);
      body = await bodies.read(request);
      const bytes = endpoint.mode ? namePlan(endpoint.mode, body.bytes) : body.bytes;
      const { headers } = request;
      const facts = dialect === 'openai-passthrough' ? readPassthroughFacts(bytes, headers['content-type']) : readFacts(dialect, bytes);
      model = facts.model;
      const query = endpoint.takesQuery ? queryOf(request) : '';
      const call: Call = { requestId, receivedAtMs, method, endpoint: path, query, dialect, headers, body: bytes, facts };
      const admission = await service.admit(call, caller);
      isAdmitted = true;
      await runCall(parts, call, admission, response);
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error') parts.onFailure(requestId, error.cause ?? thrown);
      replyError(response, familyOf(endpoint.dialect), error, requestId);
      if (isAdmitted) return;
      const { code: errorCode, message: errorMessage } = error;
      const httpStatus = statusFor(familyOf(endpoint.dialect), error);
      const given = error.details.body?.['reason'];
      const reason = typeof given === 'string' ? given : null;
      const userAgent = request.headers['user-agent'] ?? null;
      const { path, dialect } = endpoint;
      service.refused?.(
        { requestId, receivedAtMs, endpoint: path, dialect, model, userAgent, httpStatus, errorCode, errorMessage, reason },
        caller,
      );
    } finally {
      body?.release();
    }
  }

  return { handle };
}

function methodOf(request: IncomingMessage, { methods }: Endpoint): CallMethod {
  const method = methods.find((accepted) => accepted === request.method);
  if (!method) throw new CorvusError('method_not_allowed', `Use ${methods.join(', ')} here.`);
  return method;
}

function queryOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  return start === -1 ? '' : (url.slice(start).split('#', 1)[0] ?? '');
}

function givenRequestId(request: IncomingMessage): RequestId | null {
  const given = requestIdSchema.safeParse(request.headers['x-corvus-request-id']);
  return given.success ? given.data : null;
}
