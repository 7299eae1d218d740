import { errorEvent } from './error-body.ts';
import { type DialectReader, noReplyFacts } from './dialect-reader.ts';
import { asObject, asText } from './json-value.ts';
import { readChatUsage } from './openai-usage.ts';

/** Embeddings: one request, one reply, input tokens only; never a stream. */
export const openaiEmbeddings: DialectReader = {
  readRequest(body) {
    const model = asText(asObject(body)?.['model']);
    return model ? { model, isStream: false, asksForUsage: false, maxOutputTokens: 0, choices: 1 } : null;
  },
  readReply(body) {
    const reply = asObject(body);
    return {
      ...noReplyFacts,
      usage: reply && readChatUsage(reply),
      model: asText(reply?.['model']),
      isComplete: Array.isArray(reply?.['data']),
    };
  },
  readEvent: (facts) => facts,
  telling: [],
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: true,
  ping: ': keep-alive\n\n',
  endEarly: () => '',
  breakOff: ({ reason, requestId }) => errorEvent('openai', reason, requestId),
};
