import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { Dialect } from '../domain/dialect.ts';
import type { Answer, AnswerEvent, AnswerReader, AnswerWriter } from './answer.ts';
import { createChatAnswerReader, readChatReply } from './chat/read-answer.ts';
import { readChatRequest } from './chat/read-request.ts';
import { createChatAnswerWriter, writeChatReply } from './chat/write-answer.ts';
import { writeChatRequest } from './chat/write-request.ts';
import type { Conversation } from './conversation.ts';
import { unwrapCustomCalls } from './custom-tools.ts';
import { createMessagesAnswerReader, readMessagesReply } from './messages/read-answer.ts';
import { readMessagesRequest } from './messages/read-request.ts';
import { createMessagesAnswerWriter, writeMessagesReply } from './messages/write-answer.ts';
import { writeMessagesRequest } from './messages/write-request.ts';
import { CorvusError } from '../errors.ts';
import { createReport, type Report } from './report.ts';
import { createResponsesAnswerReader, readResponsesReply } from './responses/read-answer.ts';
import { readResponsesRequest } from './responses/read-request.ts';
import { createResponsesAnswerWriter, writeResponsesReply } from './responses/write-answer.ts';
import { writeResponsesRequest } from './responses/write-request.ts';
import { limitsOf } from './model-limits.ts';
import { withLegalNames, withOriginalNames } from './tool-names.ts';
import type { ConversationDialect, ReplyContext, StreamTranslator, ToolNames, Translation } from './translation.ts';
import { wholeAnswer } from './whole-answer.ts';

/** What is known of a dialect, as far as translation goes: how it is read and how it is written. */
interface Speech {
  readRequest(body: JsonObject, report: Report): Conversation;
  writeRequest(conversation: Conversation, report: Report): JsonObject;
  readReply(reply: JsonObject): AnswerEvent[];
  createReader(): AnswerReader;
  writeReply(answer: Answer, context: ReplyContext): JsonObject;
  createWriter(context: ReplyContext): AnswerWriter;
  /** Tools that take bare text. Without, they are given a member of that text. */
  hasCustomTools: boolean;
}

const speeches: Readonly<Record<ConversationDialect, Speech>> = {
  'openai-chat': {
    readRequest: readChatRequest,
    writeRequest: writeChatRequest,
    readReply: readChatReply,
    createReader: createChatAnswerReader,
    writeReply: writeChatReply,
    createWriter: (context) => createChatAnswerWriter(context, asksForUsage(context)),
    // OpenAI's own has them; the many that copy it do not.
    hasCustomTools: false,
  },
  'openai-responses': {
    readRequest: readResponsesRequest,
    writeRequest: writeResponsesRequest,
    readReply: readResponsesReply,
    createReader: createResponsesAnswerReader,
    writeReply: writeResponsesReply,
    createWriter: createResponsesAnswerWriter,
    hasCustomTools: true,
  },
  'anthropic-messages': {
    readRequest: readMessagesRequest,
    writeRequest: writeMessagesRequest,
    readReply: readMessagesReply,
    createReader: createMessagesAnswerReader,
    writeReply: writeMessagesReply,
    createWriter: createMessagesAnswerWriter,
    hasCustomTools: false,
  },
};

/** Where a client of a dialect is served best when nobody speaks its own: closest relative first. */
const nextBest: Readonly<Record<ConversationDialect, readonly ConversationDialect[]>> = {
  'openai-chat': ['openai-responses', 'anthropic-messages'],
  'openai-responses': ['openai-chat', 'anthropic-messages'],
  'anthropic-messages': ['openai-responses', 'openai-chat'],
};

/** The pair from a client's dialect to an upstream's; null where there is none. */
export function findTranslation(from: Dialect, to: Dialect): Translation | null {
  return from !== to && isConversation(from) && isConversation(to) ? translationOf(from, to) : null;
}

/** Which of the dialects an upstream speaks a call is best sent in; null when none can serve it. */
export function bestDialect(asked: Dialect, spoken: readonly Dialect[]): Dialect | null {
  if (spoken.includes(asked)) return asked;
  // Counting tokens is part of Messages: who speaks that counts; for anybody else the count is an estimate.
  const conversation = asked === 'anthropic-count-tokens' ? 'anthropic-messages' : asked;
  if (conversation !== asked && spoken.includes(conversation)) return asked;
  if (!isConversation(conversation)) return null;
  return nextBest[conversation].find((dialect) => spoken.includes(dialect)) ?? null;
}

function isConversation(dialect: Dialect): dialect is ConversationDialect {
  return Object.hasOwn(speeches, dialect);
}

function translationOf(from: ConversationDialect, to: ConversationDialect): Translation {
  const [client, upstream] = [speeches[from], speeches[to]];
  return {
    from,
    to,
    request(body, model) {
      const report = createReport();
      const asked = client.readRequest(body, report);
      const { toolNameCharacters } = limitsOf(to, model ?? asked.model);
      const { conversation, originals } = withLegalNames({ ...asked, model: model ?? asked.model }, toolNameCharacters);
      const custom = upstream.hasCustomTools ? [] : conversation.tools.filter(({ kind }) => kind.type === 'custom');
      return {
        body: upstream.writeRequest(conversation, report),
        notCarried: report.names(),
        tools: { originals, wrapped: new Set(custom.map(({ name }) => name)) },
      };
    },
    reply(reply, context) {
      const reader = readerFor({ event: upstream.readReply, end: () => [] }, context.tools);
      const events = reader.event(reply);
      const failure = events.find((event) => event.kind === 'error');
      if (failure) throw new CorvusError('upstream_interrupted', failure.message);
      return client.writeReply(wholeAnswer(events), context);
    },
    stream: (context) => streamTranslator(readerFor(upstream.createReader(), context.tools), client.createWriter(context)),
  };
}

/** Nothing follows an end or an error, whatever the upstream sends. */
function streamTranslator(reader: AnswerReader, writer: AnswerWriter): StreamTranslator {
  let hasEnded = false;
  function write(events: readonly AnswerEvent[]): string {
    let text = '';
    for (const event of events) {
      if (hasEnded) break;
      text += writer.take(event);
      hasEnded = event.kind === 'end' || event.kind === 'error';
    }
    return text;
  }
  return { event: (event) => write(reader.event(event)), end: () => write(reader.end()) };
}

function readerFor(reader: AnswerReader, tools: ToolNames): AnswerReader {
  return withOriginalNames(unwrapCustomCalls(reader, tools.wrapped), tools);
}

function asksForUsage({ request }: ReplyContext): boolean {
  return asObject(request['stream_options'])?.['include_usage'] === true;
}
