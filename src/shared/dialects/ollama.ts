import { makeUsage } from '../metering/usage.ts';
import { type AskedFor, type DialectReader, type EarlyEnd, noReplyFacts, type ReplyFacts } from './dialect-reader.ts';
import { errorEvent } from './error-body.ts';
import { asArray, asCount, asLimit, asObject, asText, type JsonObject } from './json-value.ts';
import { type OutputMeter, type ReplyShape, silentMeter, sizeOf } from './output-size.ts';
import { failureIn, failureWithoutName } from './said-failure.ts';

/** Streams are the default here: only `false` asks for a whole answer. */
function readOllamaRequest(body: unknown): AskedFor | null {
  const request = asObject(body);
  const model = asText(request?.['model']);
  if (!request || !model) return null;
  return {
    model,
    isStream: request['stream'] !== false,
    asksForUsage: true,
    maxOutputTokens: asLimit(asObject(request['options'])?.['num_predict']),
    choices: 1,
  };
}

function readOllamaLine(facts: ReplyFacts, value: unknown): ReplyFacts {
  const line = asObject(value);
  if (!line) return facts;
  const isDone = line['done'] === true;
  const isAnswer =
    facts.isAnswer || isDone || asObject(line['message']) !== null || typeof line['response'] === 'string';
  const input = asCount(line['prompt_eval_count']);
  const output = asCount(line['eval_count']);
  return {
    ...facts,
    // A prompt that was evaluated before is not counted again.
    usage:
      isDone && (input ?? output) !== null
        ? makeUsage({ freshInput: input ?? 0, outputText: output ?? 0 })
        : facts.usage,
    model: asText(line['model']) ?? facts.model,
    finishReason: isDone ? (asText(line['done_reason']) ?? 'stop') : facts.finishReason,
    isComplete: facts.isComplete || isDone,
    lacksOutput: isDone ? output === null : facts.lacksOutput,
    isAnswer,
    failure: facts.failure ?? failureIn(line) ?? (isAnswer ? null : failureWithoutName(line)),
  };
}

/** A last line that ends as at a reached output limit, with the reason beside it. */
function endOllamaEarly(emptyAnswer: object): (end: EarlyEnd) => string {
  return ({ lastEvent, facts, reason }) => {
    const line = {
      model: facts.model ?? '',
      created_at: asText(asObject(lastEvent)?.['created_at']) ?? new Date(0).toISOString(),
      ...emptyAnswer,
      done: true,
      done_reason: 'length',
      corvus: { code: reason.code, message: reason.message, ...reason.details.body },
    };
    return `data: ${JSON.stringify(line)}\n\n`;
  };
}

const ollamaShape: ReplyShape = {
  roots: new Set(['message', 'response', 'thinking']),
  framing: new Set(['role', 'id', 'index', 'tool_name', 'created_at', 'model', 'done', 'done_reason']),
};

function sizeOfOllamaReply(reply: JsonObject): number {
  let size = 0;
  for (const name of ollamaShape.roots) size += sizeOf(reply[name], ollamaShape.framing, name);
  return size;
}

function createOllamaMeter(): OutputMeter {
  return { take: sizeOfOllamaReply };
}

function ollamaReader(emptyAnswer: object): DialectReader {
  return {
    readRequest: readOllamaRequest,
    readReply: (body) => readOllamaLine(noReplyFacts, body ?? {}),
    readEvent: readOllamaLine,
    createMeter: createOllamaMeter,
    sizeOfReply: sizeOfOllamaReply,
    shape: ollamaShape,
    isUsageOnly: () => false,
    mustAskForUsage: false,
    repliesInJson: true,
    ping: ': keep-alive\n\n',
    endEarly: endOllamaEarly(emptyAnswer),
    breakOff: ({ reason, requestId }) => errorEvent('ollama', reason, requestId),
  };
}

export const ollamaChat = ollamaReader({ message: { role: 'assistant', content: '' } });
export const ollamaGenerate = ollamaReader({ response: '' });

/** One vector for each input; `/api/embeddings` is the older form for one input. */
export const ollamaEmbeddings: DialectReader = {
  ...ollamaChat,
  readRequest(body) {
    const asked = readOllamaRequest(body);
    return asked && { ...asked, isStream: false, maxOutputTokens: 0 };
  },
  readReply(body) {
    const reply = asObject(body) ?? {};
    const isAnswer = Math.max(asArray(reply['embeddings']).length, asArray(reply['embedding']).length) > 0;
    const input = asCount(reply['prompt_eval_count']);
    const usage = input === null ? null : makeUsage({ freshInput: input });
    return {
      ...noReplyFacts,
      usage,
      isComplete: isAnswer,
      isAnswer,
      failure: failureIn(reply) ?? (isAnswer ? null : failureWithoutName(reply)),
    };
  },
  createMeter: () => silentMeter,
  sizeOfReply: () => 0,
  shape: { roots: new Set(['embeddings', 'embedding']), framing: new Set(), isUncounted: true },
};
