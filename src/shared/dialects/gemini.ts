import { makeUsage } from '../metering/usage.ts';
import { type AskedFor, type DialectReader, type EarlyEnd, noReplyFacts, type ReplyFacts } from './dialect-reader.ts';
import { errorEvent } from './error-body.ts';
import { createGeminiMeter, geminiShape, sizeOfGeminiReply } from './gemini-output.ts';
import { lacksGeminiOutput, laterGeminiUsage, readGeminiUsage } from './gemini-usage.ts';
import { asArray, asCount, asLimit, asObject, asText, type JsonObject } from './json-value.ts';
import { silentMeter, silentShape } from './output-size.ts';
import { failureIn, failureWithoutName, type SaidFailure } from './said-failure.ts';

/** Ends at which the model made nothing that can be used. */
const brokenEnds: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
]);

/** The model and the form of the answer stand in the path; the reader of a request adds them to its body. */
function readGeminiRequest(body: unknown): AskedFor | null {
  const request = asObject(body);
  const model = asText(request?.['model']);
  if (!request || !model) return null;
  const config = asObject(request['generationConfig']) ?? asObject(request['generation_config']);
  return {
    model,
    isStream: request['stream'] === true,
    asksForUsage: true,
    maxOutputTokens: asLimit(config?.['maxOutputTokens']) ?? asLimit(config?.['max_output_tokens']),
    choices: asLimit(config?.['candidateCount']) ?? asLimit(config?.['candidate_count']) ?? 1,
  };
}

function readGeminiChunk(facts: ReplyFacts, value: unknown): ReplyFacts {
  const chunk = asObject(value);
  if (!chunk) return facts;
  const candidates = asArray(chunk['candidates'])
    .map(asObject)
    .filter((candidate) => candidate !== null);
  const ended = candidates.findLast((candidate) => asText(candidate['finishReason']) !== null);
  const reason = asText(ended?.['finishReason']) ?? asText(asObject(chunk['promptFeedback'])?.['blockReason']);
  const usage = readGeminiUsage(chunk);
  const finishReason = reason ?? facts.finishReason;
  return {
    ...facts,
    usage: laterGeminiUsage(facts.usage, usage),
    model: asText(chunk['modelVersion']) ?? facts.model,
    finishReason,
    isComplete: facts.isComplete || finishReason !== null,
    lacksOutput: usage ? lacksGeminiOutput(chunk) : facts.lacksOutput,
    isAnswer: facts.isAnswer || candidates.length > 0 || reason !== null,
    failure:
      facts.failure ??
      failureIn(chunk) ??
      brokenEnd(ended) ??
      (chunk['candidates'] === undefined ? failureWithoutName(chunk) : null),
  };
}

function brokenEnd(candidate: JsonObject | undefined): SaidFailure | null {
  const reason = asText(candidate?.['finishReason']);
  if (reason === null || !brokenEnds.has(reason)) return null;
  return {
    message: asText(candidate?.['finishMessage']) ?? reason,
    type: reason,
    code: null,
    param: null,
    status: null,
  };
}

/** A last chunk that ends as at a reached output limit, with the reason beside it. */
function endGeminiEarly({ facts, reason }: EarlyEnd): string {
  const chunk = {
    candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }],
    ...(facts.model === null ? {} : { modelVersion: facts.model }),
    corvus: { code: reason.code, message: reason.message, ...reason.details.body },
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** Google's `generateContent`: every chunk of a stream is a reply of its own, and reports the usage so far. */
export const gemini: DialectReader = {
  readRequest: readGeminiRequest,
  readReply: (body) => readGeminiChunk(noReplyFacts, body ?? {}),
  readEvent: readGeminiChunk,
  createMeter: createGeminiMeter,
  sizeOfReply: sizeOfGeminiReply,
  shape: geminiShape,
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: true,
  ping: ': keep-alive\n\n',
  endEarly: endGeminiEarly,
  breakOff: ({ reason, requestId }) => errorEvent('gemini', reason, requestId),
};

/** A reply that is one thing and costs no output. */
const withoutOutput: DialectReader = {
  ...gemini,
  readRequest: (body) => withoutLimit(readGeminiRequest(body)),
  createMeter: () => silentMeter,
  sizeOfReply: () => 0,
  shape: silentShape,
};

function withoutLimit(asked: AskedFor | null): AskedFor | null {
  return asked && { ...asked, isStream: false, maxOutputTokens: 0, choices: 1 };
}

/** Counting tokens costs nothing and answers one number. */
export const geminiCountTokens: DialectReader = {
  ...withoutOutput,
  readReply(body) {
    const reply = asObject(body) ?? {};
    const isAnswer = asCount(reply['totalTokens']) !== null;
    const failure = failureIn(reply) ?? (isAnswer ? null : failureWithoutName(reply));
    return { ...noReplyFacts, usage: makeUsage({}), isComplete: isAnswer, isAnswer, failure };
  },
};

/** One vector, or one for each request of a batch. */
export const geminiEmbeddings: DialectReader = {
  ...withoutOutput,
  readReply(body) {
    const reply = asObject(body) ?? {};
    const isAnswer = asObject(reply['embedding']) !== null || asArray(reply['embeddings']).length > 0;
    const failure = failureIn(reply) ?? (isAnswer ? null : failureWithoutName(reply));
    return { ...noReplyFacts, usage: readGeminiUsage(reply), isComplete: isAnswer, isAnswer, failure };
  },
  shape: {
    roots: new Set(['embedding', 'embeddings']),
    framing: new Set(),
    isUncounted: true,
    usageMember: 'usageMetadata',
  },
};
