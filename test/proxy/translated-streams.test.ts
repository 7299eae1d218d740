import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { createTranslatedView } from '#proxy/reply/stream-view.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import type { AnswerBlock, AnswerEvent } from '#shared/translate/answer.ts';
import { createChatAnswerWriter } from '#shared/translate/chat/write-answer.ts';
import { createMessagesAnswerWriter } from '#shared/translate/messages/write-answer.ts';
import { createResponsesAnswerWriter } from '#shared/translate/responses/write-answer.ts';
import {
  type ConversationDialect,
  type ReplyContext,
  sameToolNames,
  type TranslationContext,
} from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { cutRandomly } from '../support/fakes/random-cuts.ts';

const dialects = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;
const pairs = dialects.flatMap((from) => dialects.filter((to) => to !== from).map((to) => [from, to] as const));
const context: TranslationContext = {
  request: { model: 'm', stream_options: { include_usage: true } },
  requestId: 'req_1',
  createdSeconds: 1,
  tools: sameToolNames,
};
const writers = {
  'openai-chat': (context: ReplyContext) => createChatAnswerWriter(context, true),
  'openai-responses': createResponsesAnswerWriter,
  'anthropic-messages': createMessagesAnswerWriter,
} as const;

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const input = fc.dictionary(fc.constantFrom('city', 'note'), words);
const answer = fc.record({ text: words, calls: fc.array(input, { maxLength: 3 }), cutSeed: fc.nat() });

function blocksOf(text: string, calls: readonly object[]): AnswerBlock[] {
  const called = calls.map(
    (sent, index) =>
      ({ kind: 'call', id: `call_${index}`, name: 'tool', arguments: JSON.stringify(sent), isCustom: false }) as const,
  );
  return [{ kind: 'text', text }, ...called];
}

function piecesOf(blocks: readonly AnswerBlock[]): AnswerEvent[] {
  const usage = makeUsage({ freshInput: 3, outputText: 5 });
  const body = blocks.flatMap((block, index): AnswerEvent[] => {
    if (block.kind !== 'call') return [block];
    const { id, name, isCustom } = block;
    return [
      { kind: 'call', index, id, name, isCustom },
      { kind: 'arguments', index, text: block.arguments },
      { kind: 'call-end', index },
    ];
  });
  const stop = blocks.some(({ kind }) => kind === 'call') ? 'tools' : 'end';
  return [{ kind: 'start', model: 'm', usage }, ...body, { kind: 'end', ending: { stop, stopSequence: null, usage } }];
}

/** What the client gets of an upstream's stream that arrives in pieces cut anywhere, inside a character too. */
function translated(from: ConversationDialect, to: ConversationDialect, sent: Buffer, cutSeed: number): Buffer {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  const view = createTranslatedView(to, translation.stream(context));
  const shown = cutRandomly(sent, cutSeed).flatMap((chunk) => view.take(chunk));
  return Buffer.concat([...shown, ...view.finish()].map(({ bytes }) => bytes));
}

/** What the official package makes of a stream. */
async function readOfficially(
  dialect: ConversationDialect,
  stream: Buffer,
): Promise<{ text: string; inputs: unknown[] }> {
  const fetch = async () => new Response(new Uint8Array(stream), { headers: { 'content-type': 'text/event-stream' } });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  if (dialect === 'anthropic-messages') {
    const client = new Anthropic({ apiKey: 'k', authToken: null, fetch });
    const { content } = await client.messages.stream({ model: 'm', max_tokens: 9, messages }).finalMessage();
    const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return { text, inputs: content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : [])) };
  }
  const client = new OpenAI({ apiKey: 'k', fetch });
  if (dialect === 'openai-chat') {
    const { choices } = await client.chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
    const message = choices[0]?.message;
    const inputs = (message?.tool_calls ?? []).map((call) =>
      call.type === 'function' ? (JSON.parse(call.function.arguments) as unknown) : null,
    );
    return { text: message?.content ?? '', inputs };
  }
  const { output, output_text: text } = await client.responses.stream({ model: 'm', input: 'Hello' }).finalResponse();
  return {
    text,
    inputs: output.flatMap((item) => (item.type === 'function_call' ? [JSON.parse(item.arguments) as unknown] : [])),
  };
}

describe.each(pairs)('a client of %s, an upstream of %s', (from, to) => {
  test('the official package reads what was answered, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ text, calls, cutSeed }) => {
        const writer = writers[to](context);
        const sent = Buffer.from(piecesOf(blocksOf(text, calls)).map(writer.take).join(''));
        const shown = translated(from, to, sent, cutSeed);
        expect(shown.equals(translated(from, to, sent, 0))).toBe(true);
        expect(await readOfficially(from, shown)).toEqual({ text, inputs: calls });
      }),
      { numRuns: 40 },
    );
  });
});
