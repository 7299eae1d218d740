import { errorEvent } from './error-body.ts';
import {
  askedTier,
  type AskedFor,
  type DialectReader,
  type EarlyEnd,
  noReplyFacts,
  type ReplyFacts,
} from './dialect-reader.ts';
import { asArray, asLimit, asObject, asText, parseJson } from './json-value.ts';
import { chatShape, createChatMeter, sizeOfChatReply } from './openai-chat-output.ts';
import { sizeOf } from './output-size.ts';
import { lacksChatOutput, readChatUsage, unexplainedChatTokens } from './openai-usage.ts';
import { failureIn, failureWithoutName } from './said-failure.ts';

const doneMarker = '[DONE]';

function readChatRequest(body: unknown): AskedFor | null {
  const request = asObject(body);
  const model = asText(request?.['model']);
  if (!request || !model) return null;
  return {
    model,
    isStream: request['stream'] === true,
    asksForUsage: asObject(request['stream_options'])?.['include_usage'] === true,
    maxOutputTokens: largest(asLimit(request['max_completion_tokens']), asLimit(request['max_tokens'])),
    choices: asLimit(request['n']) ?? 1,
    ...askedTier(request),
  };
}

/** Upstreams disagree about which of two limits counts, so the hold covers the larger one. */
function largest(first: number | null, second: number | null): number | null {
  return first === null || second === null ? (first ?? second) : Math.max(first, second);
}

function readChatReply(body: unknown): ReplyFacts {
  const reply = asObject(body) ?? {};
  const finishReason = lastFinishReason(reply['choices']);
  const isAnswer = finishReason !== null || sizeOfChatReply(reply) > 0;
  const usage = readChatUsage(reply);
  return {
    ...noReplyFacts,
    usage,
    model: asText(reply['model']),
    finishReason,
    isComplete: finishReason !== null || Array.isArray(reply['choices']),
    lacksOutput: usage !== null && lacksChatOutput(reply),
    unexplainedTokens: unexplainedChatTokens(reply),
    isAnswer,
    failure: failureIn(reply) ?? (isAnswer ? null : failureWithoutName(reply)),
  };
}

function readChatEvent(facts: ReplyFacts, event: unknown): ReplyFacts {
  // The marker ends an answer; it is none.
  if (typeof event === 'string')
    return event.trim() === doneMarker && facts.isAnswer ? { ...facts, isComplete: true } : facts;
  const chunk = asObject(event);
  if (!chunk) return facts;
  const choices = asArray(chunk['choices']);
  const finishReason = lastFinishReason(choices) ?? facts.finishReason;
  const usage = readChatUsage(chunk);
  const isAnswer = facts.isAnswer || choices.some((choice) => asObject(choice) !== null);
  // Every member by its name and no spread: this runs for each chunk.
  return {
    usage: usage ?? facts.usage,
    model: asText(chunk['model']) ?? facts.model,
    answerId: facts.answerId,
    isBackground: facts.isBackground,
    finishReason,
    isComplete: facts.isComplete || finishReason !== null,
    lacksOutput: usage ? lacksChatOutput(chunk) : facts.lacksOutput || (facts.usage !== null && choices.some(hasPiece)),
    unexplainedTokens: usage ? unexplainedChatTokens(chunk) : facts.unexplainedTokens,
    isAnswer,
    failure: facts.failure ?? failureIn(chunk) ?? (Array.isArray(chunk['choices']) ? null : failureWithoutName(chunk)),
  };
}

/** What follows a count is not in it. */
function hasPiece(value: unknown): boolean {
  const choice = asObject(value);
  return sizeOf(choice?.['delta'] ?? choice?.['text'], chatShape.framing) > 0;
}

function lastFinishReason(choices: unknown): string | null {
  let reason: string | null = null;
  for (const choice of asArray(choices)) reason = asText(asObject(choice)?.['finish_reason']) ?? reason;
  return reason;
}

function isUsageOnlyChunk(data: string): boolean {
  const chunk = asObject(parseJson(data));
  return (
    chunk !== null &&
    Array.isArray(chunk['choices']) &&
    chunk['choices'].length === 0 &&
    asObject(chunk['usage']) !== null
  );
}

/** A last chunk that stops at "length", with the reason beside it, then the marker every client waits for. */
function endChatEarly(objectName: string, choice: object): (end: EarlyEnd) => string {
  return ({ lastEvent, facts, reason }) => {
    const last = asObject(lastEvent);
    const chunk = {
      id: asText(last?.['id']) ?? 'corvus',
      object: objectName,
      created: typeof last?.['created'] === 'number' ? last['created'] : 0,
      model: facts.model ?? '',
      choices: [choice],
      corvus: { code: reason.code, message: reason.message, ...reason.details.body },
    };
    return `data: ${JSON.stringify(chunk)}\n\ndata: ${doneMarker}\n\n`;
  };
}

const chatStreamParts = {
  readReply: readChatReply,
  readEvent: readChatEvent,
  createMeter: createChatMeter,
  sizeOfReply: sizeOfChatReply,
  shape: chatShape,
  isUsageOnly: isUsageOnlyChunk,
  mustAskForUsage: true,
  repliesInJson: true,
  ping: ': keep-alive\n\n',
  breakOff: ({ reason, requestId }: EarlyEnd) => errorEvent('openai', reason, requestId),
} as const;

export const openaiChat: DialectReader = {
  ...chatStreamParts,
  readRequest: readChatRequest,
  endEarly: endChatEarly('chat.completion.chunk', { index: 0, delta: {}, finish_reason: 'length' }),
};

/** Legacy completions: other text fields, the same envelope, usage and stream. */
export const openaiCompletions: DialectReader = {
  ...chatStreamParts,
  readRequest: (body) => {
    const asked = readChatRequest(body);
    const bestOf = asLimit(asObject(body)?.['best_of']);
    return asked && { ...asked, choices: Math.max(asked.choices, bestOf ?? 1) };
  },
  endEarly: endChatEarly('text_completion', { index: 0, text: '', finish_reason: 'length', logprobs: null }),
};
