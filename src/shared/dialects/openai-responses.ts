import type { CorvusError } from '../errors.ts';
import { askedWithLimit, type DialectReader, type EarlyEnd, noReplyFacts, type ReplyFacts } from './dialect-reader.ts';
import { errorBody } from './error-body.ts';
import { asCount, asObject, asText, type JsonObject } from './json-value.ts';
import { createResponsesMeter, responsesShape, sizeOfResponse } from './openai-responses-output.ts';
import { lacksResponsesOutput, readResponsesUsage } from './openai-usage.ts';
import { failureIn, failureWithoutName } from './said-failure.ts';

const terminalTypes: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** How a response says that it is not finished; it has no usage until then. */
export const unfinishedStatuses: ReadonlySet<string | null> = new Set(['queued', 'in_progress']);

function readResponse(response: JsonObject, facts: ReplyFacts): ReplyFacts {
  const usage = readResponsesUsage(response);
  return {
    ...facts,
    usage: usage ?? facts.usage,
    lacksOutput: usage ? lacksResponsesOutput(response) : facts.lacksOutput,
    model: asText(response['model']) ?? facts.model,
    answerId: response['store'] === false ? null : (asText(response['id']) ?? facts.answerId),
    isBackground: response['background'] === true || facts.isBackground,
    finishReason:
      asText(asObject(response['incomplete_details'])?.['reason']) ?? asText(response['status']) ?? facts.finishReason,
  };
}

/** The Responses API: it always reports usage, in the one terminal event. */
export const openaiResponses: DialectReader = {
  readRequest: (body) => askedWithLimit(body, 'max_output_tokens'),
  readReply(body) {
    const response = asObject(body) ?? {};
    const facts = readResponse(response, noReplyFacts);
    const isAnswer = facts.finishReason !== null || Array.isArray(response['output']);
    const failure = failureIn(response) ?? (isAnswer ? null : failureWithoutName(response));
    return { ...facts, isComplete: facts.finishReason !== null, isAnswer, failure };
  },
  readEvent(facts, value) {
    const event = asObject(value);
    if (!event) return facts;
    const type = asText(event['type']);
    // Nearly all events are pieces.
    if (facts.isAnswer && type !== null && event['response'] === undefined && type.startsWith('response.'))
      return facts.usage === null || facts.lacksOutput ? facts : { ...facts, lacksOutput: true };
    const failure = facts.failure ?? failureIn(event) ?? (type === null ? failureWithoutName(event) : null);
    const response = asObject(event['response']);
    // Another type is a keep-alive.
    const isAnswer = facts.isAnswer || (type?.startsWith('response.') === true && failure === null);
    if (!response)
      return failure === facts.failure && isAnswer === facts.isAnswer ? facts : { ...facts, failure, isAnswer };
    const isEnd = type !== null && terminalTypes.has(type);
    const read = readResponse(response, facts);
    // A count that comes before the end leaves out what follows it.
    const lacksOutput = read.usage !== null && (!isEnd || read.lacksOutput);
    return { ...read, lacksOutput, isComplete: facts.isComplete || isEnd, isAnswer, failure };
  },
  createMeter: createResponsesMeter,
  sizeOfReply: sizeOfResponse,
  shape: responsesShape,
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: true,
  ping: ': keep-alive\n\n',
  endEarly(end) {
    const { code, message, details } = end.reason;
    const corvus = { code, message, ...details.body };
    return terminalEvent(end, 'incomplete', { incomplete_details: { reason: 'max_output_tokens' }, corvus });
  },
  breakOff(end) {
    return terminalEvent(end, 'failed', { error: responseError(end.reason, end.requestId) });
  },
};

/** A response names its error by the code alone. */
function responseError(reason: CorvusError, requestId: string): JsonObject {
  const { code, type, message } = asObject(asObject(errorBody('openai', reason, requestId))?.['error']) ?? {};
  return { code: code ?? type, message };
}

/** The one event of a response that failed before it began. */
export function failedResponseEvent(requestId: string, error: { code: string | null; message: string }): string {
  return terminalEvent({ firstEvent: null, lastEvent: null, requestId, facts: noReplyFacts }, 'failed', { error });
}

/** The response as its first event introduced it, ended by the one terminal event that every reader waits for. */
function terminalEvent(
  { firstEvent, lastEvent, facts, requestId }: Omit<EarlyEnd, 'reason'>,
  status: 'incomplete' | 'failed',
  more: object,
): string {
  const response = {
    id: `resp_${requestId}`,
    object: 'response',
    created_at: 0,
    output: [],
    ...asObject(asObject(firstEvent)?.['response']),
    model: facts.model,
    status,
    ...more,
  };
  const last = asCount(asObject(lastEvent)?.['sequence_number']);
  const data = { type: `response.${status}`, sequence_number: last === null ? 0 : last + 1, response };
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
