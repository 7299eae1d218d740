import { makeUsage, unitsOf, type Usage } from '../metering/usage.ts';
import { createMessagesMeter, messagesShape, sizeOfMessage } from './anthropic-messages-output.ts';
import { errorEvent } from './error-body.ts';
import { askedWithLimit, type DialectReader, type EarlyEnd, noReplyFacts, type ReplyFacts } from './dialect-reader.ts';
import { asArray, asCount, asObject, asText, type JsonObject } from './json-value.ts';
import { webSearchesOf } from './openai-usage.ts';
import { silentMeter, silentShape } from './output-size.ts';
import { failureIn, failureWithoutName } from './said-failure.ts';

/**
 * Usage as Messages reports it: the four kinds of input are disjoint already; thinking is part of `output_tokens`.
 * A stream reports the input at its start and the output at its end, so missing counts keep the known values.
 */
export function readMessagesUsage(value: unknown, known: Usage | null): Usage | null {
  const reported = asObject(value);
  if (!reported) return known;
  const usage = withCompactions(reported);
  const creation = asObject(usage['cache_creation']);
  const writes = asCount(usage['cache_creation_input_tokens']);
  const write1h = asCount(creation?.['ephemeral_1h_input_tokens']) ?? known?.cacheWrite1h ?? 0;
  // The end of a stream repeats the sum of both kinds of cache write, but not always the split.
  const write5m =
    asCount(creation?.['ephemeral_5m_input_tokens']) ??
    (writes === null ? (known?.cacheWrite5m ?? 0) : Math.max(0, writes - write1h));
  const output = asCount(usage['output_tokens']);
  const thinking = asCount(asObject(usage['output_tokens_details'])?.['thinking_tokens']);
  const outputTotal = output ?? (known ? known.outputText + known.outputReasoning : null);
  const freshInput = asCount(usage['input_tokens']) ?? known?.freshInput;
  if (freshInput === undefined || outputTotal === null) return known;
  const outputReasoning = Math.min(thinking ?? known?.outputReasoning ?? 0, outputTotal);
  return makeUsage({
    freshInput,
    cacheRead: asCount(usage['cache_read_input_tokens']) ?? known?.cacheRead ?? 0,
    cacheWrite5m: write5m,
    cacheWrite1h: write1h,
    outputText: outputTotal - outputReasoning,
    outputReasoning,
    ...unitsOf({
      webSearches: webSearchesOf(usage) ?? known?.webSearches ?? null,
      serviceTier: asText(usage['service_tier']) ?? known?.serviceTier ?? null,
    }),
  });
}

/** Where the server compacts a conversation on its way, the sums leave out what that took: it is an iteration apart. */
function withCompactions(usage: JsonObject): JsonObject {
  return asArray(usage['iterations']).reduce<JsonObject>((sum, value) => {
    const iteration = asObject(value);
    return iteration?.['type'] === 'compaction' ? withCounts(sum, iteration) : sum;
  }, usage);
}

/** Counts that both have are added. */
function withCounts(sum: JsonObject, more: JsonObject): JsonObject {
  const members = Object.entries(sum).map(([name, value]): [string, unknown] => {
    const [count, inner, innerMore] = [asCount(value), asObject(value), asObject(more[name])];
    if (count !== null) return [name, count + (asCount(more[name]) ?? 0)];
    return [name, inner && innerMore ? withCounts(inner, innerMore) : value];
  });
  return Object.fromEntries(members);
}

function readMessageEvent(facts: ReplyFacts, value: unknown): ReplyFacts {
  const event = asObject(value);
  if (!event) return facts;
  switch (event['type']) {
    case 'content_block_delta':
    case 'content_block_start': {
      // A count that came before leaves this out.
      const isCounted = facts.usage !== null && !facts.lacksOutput;
      return facts.isAnswer && !isCounted ? facts : { ...facts, isAnswer: true, lacksOutput: facts.usage !== null };
    }
    case 'message_start': {
      const message = asObject(event['message']);
      const usage = readStartedUsage(message?.['usage'], facts.usage);
      // The output count here is only a beginning.
      return {
        ...facts,
        usage,
        lacksOutput: usage !== null,
        model: asText(message?.['model']) ?? facts.model,
        isAnswer: true,
      };
    }
    case 'message_delta': {
      const stopReason = asText(asObject(event['delta'])?.['stop_reason']);
      const failure = facts.failure ?? failureIn(event);
      const lacksOutput = facts.lacksOutput && lacksMessageOutput(event);
      return {
        ...facts,
        usage: readMessagesUsage(event['usage'], facts.usage),
        lacksOutput,
        finishReason: stopReason ?? facts.finishReason,
        isAnswer: true,
        failure,
      };
    }
    case 'message_stop':
      return { ...facts, isComplete: facts.isAnswer };
    default: {
      const failure =
        facts.failure ?? failureIn(event) ?? (asText(event['type']) === null ? failureWithoutName(event) : null);
      return failure === facts.failure ? facts : { ...facts, failure };
    }
  }
}

function lacksMessageOutput(message: JsonObject): boolean {
  return asCount(asObject(message['usage'])?.['output_tokens']) === null;
}

/** Usage whose output count may be missing or unreadable: its input still counts. */
function readStartedUsage(value: unknown, known: Usage | null): Usage | null {
  return readMessagesUsage(value, known) ?? readMessagesUsage({ ...asObject(value), output_tokens: 0 }, known);
}

/** Closes the open content block, then ends the message as a reached output limit would, with the reason beside it. */
function endMessageEarly({ lastEvent, facts, reason }: EarlyEnd): string {
  const last = asObject(lastEvent);
  const type = last?.['type'];
  const isBlockOpen = type === 'content_block_start' || type === 'content_block_delta';
  const index = asCount(last?.['index']) ?? 0;
  const events: { type: string; [member: string]: unknown }[] = isBlockOpen
    ? [{ type: 'content_block_stop', index }]
    : [];
  events.push(
    {
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens', stop_sequence: null },
      usage: { output_tokens: facts.usage ? facts.usage.outputText + facts.usage.outputReasoning : 0 },
      corvus: { code: reason.code, message: reason.message, ...reason.details.body },
    },
    { type: 'message_stop' },
  );
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

export const anthropicMessages: DialectReader = {
  readRequest: (body) => askedWithLimit(body, 'max_tokens'),
  readReply(body) {
    const message = asObject(body) ?? {};
    const finishReason = asText(message['stop_reason']);
    const isAnswer = finishReason !== null || Array.isArray(message['content']) || message['type'] === 'message';
    return {
      ...noReplyFacts,
      usage: readStartedUsage(message['usage'], null),
      model: asText(message['model']),
      finishReason,
      isComplete: finishReason !== null,
      lacksOutput: message['usage'] !== undefined && lacksMessageOutput(message),
      isAnswer,
      failure: failureIn(message) ?? (isAnswer ? null : failureWithoutName(message)),
    };
  },
  readEvent: readMessageEvent,
  createMeter: createMessagesMeter,
  sizeOfReply: sizeOfMessage,
  shape: messagesShape,
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: true,
  ping: 'event: ping\ndata: {"type": "ping"}\n\n',
  endEarly: endMessageEarly,
  breakOff: ({ reason, requestId }) => errorEvent('anthropic', reason, requestId),
};

/** Counting tokens costs nothing and answers one number. */
export const anthropicCountTokens: DialectReader = {
  ...anthropicMessages,
  readRequest(body) {
    const model = asText(asObject(body)?.['model']);
    return model ? { model, isStream: false, asksForUsage: false, maxOutputTokens: 0, choices: 1 } : null;
  },
  createMeter: () => silentMeter,
  sizeOfReply: () => 0,
  shape: silentShape,
  readReply(body) {
    const reply = asObject(body) ?? {};
    const isAnswer = asCount(reply['input_tokens']) !== null;
    const failure = failureIn(reply) ?? (isAnswer ? null : failureWithoutName(reply));
    return { ...noReplyFacts, usage: makeUsage({}), isComplete: isAnswer, isAnswer, failure };
  },
};
