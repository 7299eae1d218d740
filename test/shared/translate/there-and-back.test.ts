import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asArray, asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import { inputTokens, makeUsage, outputTokens } from '#shared/metering/usage.ts';
import type { AnswerBlock, AnswerEvent } from '#shared/translate/answer.ts';
import { createChatAnswerWriter, writeChatReply } from '#shared/translate/chat/write-answer.ts';
import { createGeminiAnswerWriter, writeGeminiReply } from '#shared/translate/gemini/write-answer.ts';
import { createMessagesAnswerWriter, writeMessagesReply } from '#shared/translate/messages/write-answer.ts';
import { createResponsesAnswerWriter, writeResponsesReply } from '#shared/translate/responses/write-answer.ts';
import { type ReplyContext, sameToolNames, type TranslationContext } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { wholeAnswer } from '#shared/translate/whole-answer.ts';

const dialects = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
const pairs = dialects.flatMap((from) => dialects.filter((to) => to !== from).map((to) => [from, to] as const));

const context: TranslationContext = {
  request: {
    model: 'm',
    stream_options: { include_usage: true },
    generationConfig: { thinkingConfig: { includeThoughts: true } },
  },
  requestId: 'req_1',
  createdSeconds: 1,
  tools: sameToolNames,
};

function translation(from: Dialect, to: Dialect) {
  const found = findTranslation(from, to);
  if (!found) throw new Error(`no translation from ${from} to ${to}`);
  return found;
}

const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() === text && text !== '');
const json = fc.dictionary(fc.constantFrom('city', 'days', 'note'), fc.oneof(words, fc.integer(), fc.boolean()));

/** A conversation in chat, as every dialect can hold it. */
const conversation = fc
  .array(
    fc.record({
      user: words,
      say: fc.option(words, { nil: null }),
      calls: fc.array(fc.record({ name: fc.constantFrom('weather', 'search'), input: json, result: words }), {
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((turns) => {
    const messages: JsonObject[] = [{ role: 'system', content: 'Be brief.' }];
    for (const [turn, { user, say, calls }] of turns.entries()) {
      messages.push({ role: 'user', content: user });
      const toolCalls = calls.map(({ name, input }, index) => ({
        id: `call_${turn}_${index}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      }));
      const content = say ?? (calls.length === 0 ? 'Well.' : null);
      messages.push({ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: toolCalls }) });
      for (const [index, { result }] of calls.entries())
        messages.push({ role: 'tool', tool_call_id: `call_${turn}_${index}`, content: result });
    }
    return { model: 'm', max_tokens: 100, messages: [...messages, { role: 'user', content: 'And now?' }] };
  });

describe('requests', () => {
  test.each(['openai-responses', 'anthropic-messages', 'gemini'] as const)(
    'chat there to %s and back says the same',
    (to) => {
      fc.assert(
        fc.property(conversation, (request) => {
          const there = translation('openai-chat', to).request(request);
          const back = translation(to, 'openai-chat').request(there.body);
          expect(there.notCarried).toEqual([]);
          expect(back.notCarried).toEqual([]);
          expect(back.body['messages']).toEqual(request.messages);
          expect(back.body['max_tokens']).toBe(100);
        }),
      );
    },
  );

  test('Messages there to Responses and back says the same', () => {
    fc.assert(
      fc.property(conversation, (request) => {
        const messages = translation('openai-chat', 'anthropic-messages').request(request).body;
        const there = translation('anthropic-messages', 'openai-responses').request(messages);
        expect(translation('openai-responses', 'anthropic-messages').request(there.body).body).toEqual(messages);
      }),
    );
  });

  test.each(pairs)('%s to %s: what was said before is the same bytes in every later turn', (from, to) => {
    fc.assert(
      fc.property(conversation, fc.integer({ min: 1, max: 5 }), (request, cut) => {
        const own: JsonObject =
          from === 'openai-chat' ? request : translation('openai-chat', from).request(request).body;
        const member = membersOfTurns[from];
        const all = asArray(own[member]);
        const earlier = { ...own, [member]: all.slice(0, lastUserBefore(all, cut)) };
        const [early, late] = [earlier, own].map((body) =>
          JSON.stringify(asArray(translation(from, to).request(body).body[membersOfTurns[to]])),
        );
        expect(late?.startsWith(early?.slice(0, -1) ?? '')).toBe(true);
      }),
    );
  });
});

const membersOfTurns = {
  'openai-chat': 'messages',
  'openai-responses': 'input',
  'anthropic-messages': 'messages',
  gemini: 'contents',
} as const;

/** Ends an earlier request behind one of the user's messages, where one really ends. */
function lastUserBefore(items: readonly unknown[], cut: number): number {
  const ends = items.flatMap((item, index) =>
    asObject(item)?.['role'] === 'user' && isFollowedByAssistant(items, index) ? [index + 1] : [],
  );
  return ends[Math.min(cut, ends.length) - 1] ?? items.length;
}

function isFollowedByAssistant(items: readonly unknown[], index: number): boolean {
  const next = asObject(items[index + 1]);
  return next?.['role'] === 'assistant' || next?.['role'] === 'model' || next?.['type'] === 'function_call';
}

const blocks: fc.Arbitrary<AnswerBlock[]> = fc
  .tuple(
    fc.option(words, { nil: null }),
    fc.option(words, { nil: null }),
    fc.array(fc.tuple(fc.constantFrom('weather', 'search'), json), { maxLength: 3 }),
  )
  .map(([reasoning, text, calls]) => [
    ...(reasoning === null ? [] : [{ kind: 'reasoning', text: reasoning } as const]),
    ...(text === null && calls.length > 0 ? [] : [{ kind: 'text', text: text ?? 'Well.' } as const]),
    ...calls.map(
      ([name, input], index) =>
        ({ kind: 'call', id: `call_${index}`, name, arguments: JSON.stringify(input), isCustom: false }) as const,
    ),
  ]);
const usage = fc
  .record({
    freshInput: fc.nat(5000),
    cacheRead: fc.nat(5000),
    cacheWrite5m: fc.nat(500),
    outputText: fc.nat(5000),
    outputReasoning: fc.nat(500),
  })
  .map(makeUsage);

const writers = {
  'openai-chat': { whole: writeChatReply, stream: (c: ReplyContext) => createChatAnswerWriter(c, true) },
  'openai-responses': { whole: writeResponsesReply, stream: createResponsesAnswerWriter },
  'anthropic-messages': { whole: writeMessagesReply, stream: createMessagesAnswerWriter },
  gemini: { whole: writeGeminiReply, stream: createGeminiAnswerWriter },
} as const;

/** The pieces of an answer, cut at random and with the arguments of several calls coming in turns. */
function piecesOf(all: readonly AnswerBlock[], cuts: readonly number[]): AnswerEvent[] {
  const events: AnswerEvent[] = [];
  const rest: { index: number; text: string }[] = [];
  for (const [index, block] of all.entries()) {
    if (block.kind !== 'call')
      events.push(...halves(block.text, cuts[index] ?? 0).map((text) => ({ kind: block.kind, text })));
    else {
      const [first = '', second = ''] = halves(block.arguments, cuts[index] ?? 0);
      events.push(
        { kind: 'call', index, id: block.id, name: block.name, isCustom: false },
        { kind: 'arguments', index, text: first },
      );
      rest.push({ index, text: second });
    }
  }
  return [...events, ...rest.map((piece) => ({ kind: 'arguments', ...piece }) as const)];
}

function halves(text: string, cut: number): string[] {
  const units = [...text];
  const at = cut % (units.length + 1);
  return [units.slice(0, at).join(''), units.slice(at).join('')];
}

function eventsIn(text: string): JsonObject[] {
  return createSseSplitter({ maxEventBytes: 1e6 })
    .push(new TextEncoder().encode(text))
    .flatMap((event) => {
      const data = readSseData(event);
      return data === '[DONE]' ? [] : [JSON.parse(data) as JsonObject];
    });
}

describe.each(pairs)('answers for a client of %s from %s', (client, upstream) => {
  const { reply, replyAsStream, stream } = translation(client, upstream);

  test('streamed in any pieces or whole: text, calls, reasoning and usage are what they were', () => {
    fc.assert(
      fc.property(blocks, usage, fc.array(fc.nat(20), { maxLength: 5 }), (all, counted, cuts) => {
        const stop = all.some(({ kind }) => kind === 'call') ? 'tools' : 'end';
        const ending = { stop, stopSequence: null, usage: counted } as const;
        const answer = { model: 'm', blocks: all, ending };
        const { body: whole } = reply(writers[upstream].whole(answer, context), context);
        expect(whole).toEqual(
          writers[client].whole({ ...answer, ending: { ...ending, usage: usageIn(whole) } }, context),
        );
        expect(inputTokens(usageIn(whole))).toBe(inputTokens(counted));
        expect(outputTokens(usageIn(whole))).toBe(outputTokens(counted));

        const writer = writers[upstream].stream(context);
        const pieces: AnswerEvent[] = [
          { kind: 'start', model: 'm', usage: counted },
          ...piecesOf(all, cuts),
          { kind: 'end', ending },
        ];
        const translator = stream(context);
        const events = eventsIn(pieces.map(writer.take).join(''));
        const shown = events.map((event) => translator.event(event)).join('') + translator.end();
        expect(translator.end()).toBe('');
        const seen = readBack(client, shown);
        expect(seen.blocks).toEqual(all);
        expect(seen.ending.stop).toBe(stop);
        expect(seen.ending.usage && inputTokens(seen.ending.usage)).toBe(inputTokens(counted));
      }),
    );
  });

  test('a whole answer to a client that asked for a stream is a stream with all of it', () => {
    fc.assert(
      fc.property(blocks, usage, (all, counted) => {
        const stop = all.some(({ kind }) => kind === 'call') ? 'tools' : 'end';
        const answer = { model: 'm', blocks: all, ending: { stop, stopSequence: null, usage: counted } } as const;
        const { text } = replyAsStream(writers[upstream].whole(answer, context), context);
        const seen = readBack(client, text);
        expect(seen.blocks).toEqual(all);
        expect(seen.ending.stop).toBe(stop);
        expect(seen.ending.usage && inputTokens(seen.ending.usage)).toBe(inputTokens(counted));
      }),
    );
  });

  function usageIn(body: JsonObject) {
    const { usage: found } = dialectReaders[client].readReply(body);
    if (!found) throw new Error('no usage');
    return found;
  }
});

/**
 * What a reader of the client's dialect sees of a stream: through the pair back, so another piece of code than wrote
 * it.
 */
function readBack(client: Dialect, text: string) {
  const other = client === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
  const translator = translation(other, client).stream(context);
  const shown =
    eventsIn(text)
      .map((event) => translator.event(event))
      .join('') + translator.end();
  return other === 'openai-chat' ? chatAnswer(shown) : messagesAnswer(shown);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function chatAnswer(text: string) {
  const reasoning: string[] = [];
  const content: string[] = [];
  const calls: { id: string; name: string; arguments: string }[] = [];
  let finish = '';
  let counted = null;
  for (const chunk of eventsIn(text)) {
    counted = dialectReaders['openai-chat'].readReply(chunk).usage ?? counted;
    const choice = asObject(asArray(chunk['choices'])[0]);
    const delta = asObject(choice?.['delta']);
    reasoning.push(textOf(delta?.['reasoning_content']));
    content.push(textOf(delta?.['content']));
    for (const value of asArray(delta?.['tool_calls'])) {
      const call = asObject(value) ?? {};
      const index = Number(call['index']);
      const named = asObject(call['function']);
      const known = (calls[index] ??= { id: String(call['id']), name: String(named?.['name']), arguments: '' });
      known.arguments += textOf(named?.['arguments']);
    }
    finish = textOf(choice?.['finish_reason']) || finish;
  }
  return seenAnswer(reasoning.join(''), content.join(''), calls, finish === 'tool_calls', counted);
}

function messagesAnswer(text: string) {
  const found: AnswerBlock[] = [];
  let isCalling = false;
  let facts = dialectReaders['anthropic-messages'].readReply({});
  for (const event of eventsIn(text)) {
    facts = dialectReaders['anthropic-messages'].readEvent(facts, event);
    const block = asObject(event['content_block']);
    const delta = asObject(event['delta']);
    if (block?.['type'] === 'tool_use')
      found.push({
        kind: 'call',
        id: String(block['id']),
        name: String(block['name']),
        arguments: '',
        isCustom: false,
      });
    else if (block) found.push({ kind: block['type'] === 'thinking' ? 'reasoning' : 'text', text: '' });
    const last = found.at(-1);
    const piece = textOf(delta?.['text'] ?? delta?.['thinking'] ?? delta?.['partial_json']);
    if (last?.kind === 'call') last.arguments += piece;
    else if (last) last.text += piece;
    isCalling ||= delta?.['stop_reason'] === 'tool_use';
  }
  return { blocks: found, ending: { stop: isCalling ? 'tools' : 'end', usage: facts.usage } };
}

function seenAnswer(
  reasoning: string,
  text: string,
  calls: readonly { id: string; name: string; arguments: string }[],
  isCalling: boolean,
  counted: ReturnType<(typeof dialectReaders)['openai-chat']['readReply']>['usage'],
) {
  const events: AnswerEvent[] = [
    { kind: 'reasoning', text: reasoning },
    { kind: 'text', text },
    ...calls.flatMap((call, index): AnswerEvent[] => [
      { kind: 'call', index, id: call.id, name: call.name, isCustom: false },
      { kind: 'arguments', index, text: call.arguments },
    ]),
  ];
  return { blocks: wholeAnswer(events).blocks, ending: { stop: isCalling ? 'tools' : 'end', usage: counted } };
}
