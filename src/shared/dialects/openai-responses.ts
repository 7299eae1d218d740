import { type DialectReader, type ReplyFacts } from './dialect-reader.ts';
import { asLimit, asObject, asText, type JsonObject, parseJson } from './json-value.ts';
import { readResponsesUsage } from './openai-usage.ts';

const terminalTypes: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

function readResponse(response: JsonObject, facts: ReplyFacts): ReplyFacts {
  return {
    ...facts,
    usage: readResponsesUsage(response['usage']) ?? facts.usage,
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
  ping: ': keep-alive\n\n',
  endEarly({ lastEvent, facts, reason }) {
    const event = asObject(lastEvent);
    const sequence = typeof event?.['sequence_number'] === 'number' ? event['sequence_number'] + 1 : 0;
    const response = {
      ...asObject(event?.['response']),
      model: facts.model,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      corvus: { code: reason.code, message: reason.message, ...reason.details.body },
    };
    const data = { type: 'response.incomplete', sequence_number: sequence, response };
    return `event: response.incomplete\ndata: ${JSON.stringify(data)}\n\n`;
  },
};
