import { asObject, type JsonObject, parseJson } from '#shared/dialects/json-value.ts';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import type { StreamTranslator } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import type { BuiltinReply, Call } from '#proxy/call.ts';
import { parseInTurns } from '#proxy/body/parse-in-turns.ts';
import { writeInTurns } from '#proxy/body/write-in-turns.ts';

const maxEventBytes = 1024 * 1024;

/**
 * The Responses API on top of chat: the request is translated to chat, and the answer back. The model is as predictable
 * as in chat. Throws `not_translatable`.
 */
export async function answerInResponses(
  call: Call,
  answerChat: (call: Call) => Promise<BuiltinReply>,
): Promise<BuiltinReply> {
  const translation = findTranslation('openai-responses', 'openai-chat');
  if (!translation) throw new Error('There is no translation from Responses to chat.');
  const request = await parseInTurns(call.body);
  const { body: chat, tools } = translation.request(request);
  const body = await writeInTurns(chat, call.body.length);
  const reply = await answerChat({ ...call, dialect: 'openai-chat', body });
  if (reply.status >= 400) return reply;
  const context = { request, requestId: call.requestId, createdSeconds: Math.floor(call.receivedAtMs / 1000), tools };
  if (!call.facts.isStream)
    return { ...reply, body: wholeReply(reply.body, (chat) => translation.reply(chat, context).body) };
  return { ...reply, body: streamedReply(reply.body, translation.stream(context)) };
}

async function* wholeReply(
  chunks: AsyncIterable<Buffer>,
  translate: (chat: JsonObject) => JsonObject,
): AsyncGenerator<Buffer> {
  const gathered: Buffer[] = [];
  for await (const chunk of chunks) gathered.push(chunk);
  yield Buffer.from(JSON.stringify(translate(asObject(parseJson(Buffer.concat(gathered).toString('utf8'))) ?? {})));
}

async function* streamedReply(chunks: AsyncIterable<Buffer>, translator: StreamTranslator): AsyncGenerator<Buffer> {
  const splitter = createSseSplitter({ maxEventBytes });
  for await (const chunk of chunks) {
    for (const event of splitter.push(chunk)) {
      const json = asObject(parseJson(readSseData(event)));
      const text = json ? translator.event(json) : translator.end();
      if (text !== '') yield Buffer.from(text);
    }
  }
}
