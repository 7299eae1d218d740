import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { failedResponseEvent } from '#shared/dialects/openai-responses.ts';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { answerForm } from '#shared/dialects/forms/forms.ts';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Call } from '../call.ts';

/** Most upstreams have begun by then, and the client gets their own status and headers. */
const beginAfterMs = 1_000;
const pingEveryMs = 15_000;

/** A stream that begins before its upstream does. */
export interface EarlyStream {
  /** From a second on, the client is kept alive. @param headers read when the stream begins; the last call's count */
  start(headers: () => OutgoingHttpHeaders): void;
  stop(): void;
  /** Stops, for an answer that begins or goes on with this stream. */
  giveWay(): void;
  /** Ends the stream with an error of this program. False: it has not begun, or has given way to an answer. */
  refuse(error: CorvusError): boolean;
}

/**
 * Begins the stream that a client waits for before its upstream does, and keeps it alive: a model may think for
 * minutes, money may have to come first, and what is between the client and this program closes silent connections
 * sooner. From then on an error comes as an event.
 */
export function createEarlyStream({
  call,
  response,
  clock,
}: {
  call: Call;
  response: ServerResponse;
  clock: Clock;
}): EarlyStream {
  const { ping } = dialectReaders[call.dialect];
  let cancel: (() => void) | null = null;
  let readHeaders = (): OutgoingHttpHeaders => ({});
  let hasBegun = false;
  let hasGivenWay = false;

  function begin(): void {
    if (cancel === null || response.destroyed || (response.headersSent && !hasBegun)) return;
    if (!hasBegun)
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        ...readHeaders(),
      });
    hasBegun = true;
    response.write(ping);
    cancel = clock.every(pingEveryMs, () => {
      if (!response.destroyed && response.writableLength === 0) response.write(ping);
    });
  }

  function stop(): void {
    cancel?.();
    cancel = null;
  }

  return {
    start(headers) {
      readHeaders = headers;
      if (cancel !== null || !mayBeginEarly(call)) return;
      // What has arrived already is read first: it may be the answer.
      cancel = clock.after(beginAfterMs, () => void setImmediate(begin));
    },
    stop,
    giveWay() {
      stop();
      hasGivenWay = true;
    },
    refuse(error) {
      stop();
      if (!hasBegun || hasGivenWay || response.writableEnded) return false;
      response.end(errorInStream(call, error));
      return true;
    },
  };
}

/** Only in dialects whose streams have a keep-alive, and to which a whole answer can be turned. */
function mayBeginEarly({ dialect, facts, framing }: Call): boolean {
  const family = familyOf(dialect);
  return (
    facts.isStream &&
    framing === undefined &&
    (family === 'openai' || family === 'anthropic') &&
    answerForm(dialect) !== null
  );
}

/** An error in a stream that has begun without its upstream, as the dialect's event. */
export function errorInStream({ dialect, requestId }: Call, reason: CorvusError): string {
  return dialectReaders[dialect].breakOff({
    firstEvent: null,
    lastEvent: null,
    requestId,
    facts: noReplyFacts,
    reason,
  });
}

/** The same of an upstream's refusal, in its own words. @param body the refusal, in the client's dialect */
export function refusalInStream({ dialect, requestId }: Call, body: Buffer): string {
  const text = body.toString('utf8');
  const refusal = asObject(parseJson(text));
  const error = asObject(refusal?.['error']);
  const message = asText(error?.['message']) ?? text.slice(0, longestMessage);
  if (dialect === 'openai-responses')
    return failedResponseEvent(requestId, { code: asText(error?.['code']) ?? asText(error?.['type']), message });
  const event = JSON.stringify(error ? refusal : { error: { message, type: 'server_error', param: null, code: null } });
  return familyOf(dialect) === 'anthropic' ? `event: error\ndata: ${event}\n\n` : `data: ${event}\n\n`;
}

const longestMessage = 1_000;
