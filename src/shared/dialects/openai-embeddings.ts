import { errorEvent } from './error-body.ts';
import { type DialectReader, noReplyFacts } from './dialect-reader.ts';
import { asArray, asObject, asText } from './json-value.ts';
import { readChatUsage } from './openai-usage.ts';
import { silentMeter } from './output-size.ts';
import { failureIn, failureWithoutName } from './said-failure.ts';

/** Embeddings: one request, one reply, input tokens only; never a stream. */
export const openaiEmbeddings: DialectReader = {
  readRequest(body) {
    const model = asText(asObject(body)?.['model']);
    return model ? { model, isStream: false, asksForUsage: false, maxOutputTokens: 0, choices: 1 } : null;
  },
  readReply(body) {
    const reply = asObject(body) ?? {};
    const vectors = asArray(reply['data']).length;
    return {
      ...noReplyFacts,
      usage: readChatUsage(reply),
      model: asText(reply['model']),
      isComplete: vectors > 0,
      isAnswer: vectors > 0,
      failure: failureIn(reply) ?? (vectors > 0 ? null : failureWithoutName(reply)),
    };
  },
  readEvent: (facts) => facts,
  createMeter: () => silentMeter,
  sizeOfReply: () => 0,
  shape: { roots: new Set(['data']), framing: new Set(), isUncounted: true },
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: true,
  ping: ': keep-alive\n\n',
  endEarly: () => '',
  breakOff: ({ reason, requestId }) => errorEvent('openai', reason, requestId),
};
