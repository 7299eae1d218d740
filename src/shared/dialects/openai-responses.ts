import { askedTier, type DialectReader, type EarlyEnd, type ReplyFacts } from './dialect-reader.ts';
import { asCount, asLimit, asObject, asText, type JsonObject, parseJson } from './json-value.ts';
import { readResponsesUsage } from './openai-usage.ts';

const terminalTypes: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

function readResponse(response: JsonObject, facts: ReplyFacts): ReplyFacts {
  return {
    ...facts,
    usage: readResponsesUsage(response) ?? facts.usage,
    model: asText(response['model']) ?? facts.model,
    finishReason: asText(asObject(response['incomplete_details'])?.['reason']) ?? asText(response['status']) ?? facts.finishReason,
  };
}

/** The Responses API: usage comes unasked, in the one terminal event. */
export const openaiResponses: DialectReader = {
  readRequest(body) {
    const request = asObject(body);
    const model = asText(request?.['model']);
    if (!request || !model) return null;
    return {
      model,
      isStream: request['stream'] === true,
      asksForUsage: true,
      maxOutputTokens: asLimit(request['max_output_tokens']),
      choices: 1,
      ...askedTier(request),
    };
  },
  readReply(body) {
    const response = asObject(body) ?? {};
    const facts = readResponse(response, { usage: null, model: null, finishReason: null, isComplete: false });
    return { ...facts, isComplete: facts.finishReason !== null };
  },
  readEvent(facts, data) {
    const event = asObject(parseJson(data));
    const response = asObject(event?.['response']);
    if (!event || !response) return facts;
    const isTerminal = terminalTypes.has(asText(event['type']) ?? '');
    return { ...readResponse(response, facts), isComplete: facts.isComplete || isTerminal };
  },
  telling: ['"response.'],
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
    const { code, message } = end.reason;
    return terminalEvent(end, 'failed', { error: { code, message } });
  },
};

/** The response as its first event introduced it, ended by the one terminal event that every reader waits for. */
function terminalEvent({ firstEvent, lastEvent, facts, requestId }: EarlyEnd, status: 'incomplete' | 'failed', more: object): string {
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
