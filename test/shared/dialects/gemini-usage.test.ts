import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { readGeminiUsage } from '#shared/dialects/gemini-usage.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { readChatUsage, unexplainedChatTokens, withUnexplainedThoughts } from '#shared/dialects/openai-usage.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { inputTokens, makeUsage, outputTokens, totalTokens, type Usage, usageSchema } from '#shared/metering/usage.ts';

type Vector = readonly [name: string, reported: JsonObject, expected: Partial<Usage>];

const vectors: Vector[] = [
  ['plain', { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 }, { freshInput: 10, outputText: 5 }],
  ['observed zero', { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 }, {}],
  [
    'cached inside the prompt',
    { promptTokenCount: 100, cachedContentTokenCount: 80, candidatesTokenCount: 5, totalTokenCount: 105 },
    { freshInput: 20, cacheRead: 80, outputText: 5 },
  ],
  [
    'thoughts on top of candidates',
    { promptTokenCount: 20, candidatesTokenCount: 424, thoughtsTokenCount: 572, totalTokenCount: 1016 },
    { freshInput: 20, outputText: 424, outputReasoning: 572 },
  ],
  [
    'thoughts that only the total has',
    { promptTokenCount: 20, candidatesTokenCount: 424, totalTokenCount: 1016 },
    { freshInput: 20, outputText: 424, outputReasoning: 572 },
  ],
  [
    'candidates that only the total has',
    { promptTokenCount: 20, thoughtsTokenCount: 70, totalTokenCount: 100 },
    { freshInput: 20, outputText: 10, outputReasoning: 70 },
  ],
  [
    'what its own tools read, on top of the prompt',
    { promptTokenCount: 20, toolUsePromptTokenCount: 300, candidatesTokenCount: 30, totalTokenCount: 350 },
    { freshInput: 320, outputText: 30 },
  ],
  [
    'sound in, partly cached, and sound out',
    {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 50,
      totalTokenCount: 150,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 30 },
        { modality: 'AUDIO', tokenCount: 70 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 40 }],
      candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 45 }],
    },
    { freshInput: 30, cacheRead: 40, audioInput: 30, outputText: 5, outputAudio: 45 },
  ],
];

describe('Gemini', () => {
  const grounded = (modelVersion: string, webSearchQueries: string[]) => ({
    modelVersion,
    candidates: [{ content: { parts: [{ text: 'Sun' }] }, groundingMetadata: { webSearchQueries } }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  });

  test.each([
    ['each search of a Gemini 3', [grounded('gemini-3.5-flash', ['sun', 'rain', ''])], 2],
    ['one for each prompt before', [grounded('gemini-2.5-flash', ['sun', 'rain'])], 1],
    [
      'searches so far, in every chunk',
      [grounded('gemini-3.5-flash', ['sun']), grounded('gemini-3.5-flash', ['sun', 'rain'])],
      2,
    ],
    [
      'searches that the last chunk does not repeat',
      [grounded('gemini-3.5-flash', ['sun']), grounded('gemini-3.5-flash', [])],
      1,
    ],
    ['none', [grounded('gemini-3.5-flash', [])], undefined],
  ])('counts as web searches: %s', (_name, chunks, webSearches) => {
    const { readEvent } = dialectReaders.gemini;
    expect(chunks.reduce(readEvent, noReplyFacts).usage?.webSearches).toBe(webSearches);
  });

  test.each(vectors)('%s, whole and streamed', (_name, usageMetadata, expected) => {
    const { readReply, readEvent } = dialectReaders.gemini;
    const candidates = [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }];
    const whole = readReply({ candidates, usageMetadata, modelVersion: 'm' });
    expect(whole).toMatchObject({ usage: makeUsage(expected), lacksOutput: false, isComplete: true, failure: null });
    expect(whole.usage && totalTokens(whole.usage)).toBe(usageMetadata['totalTokenCount']);
    const early = {
      candidates: [{ content: { parts: [{ text: 'x' }] } }],
      usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 },
    };
    expect([early, { candidates, usageMetadata, modelVersion: 'm' }].reduce(readEvent, noReplyFacts)).toEqual(whole);
  });

  test('whatever counts are reported, the buckets do not overlap and are never below zero', () => {
    const count = fc.oneof(fc.nat(2000), fc.constantFrom(-1, 1.5, '7', null, undefined));
    const reported = fc.record({
      promptTokenCount: fc.nat(2000),
      cachedContentTokenCount: count,
      toolUsePromptTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      totalTokenCount: count,
      promptTokensDetails: fc.array(fc.record({ modality: fc.constantFrom('TEXT', 'AUDIO'), tokenCount: count })),
      cacheTokensDetails: fc.array(fc.record({ modality: fc.constantFrom('TEXT', 'AUDIO'), tokenCount: count })),
      candidatesTokensDetails: fc.array(fc.record({ modality: fc.constantFrom('TEXT', 'AUDIO'), tokenCount: count })),
    });
    fc.assert(
      fc.property(reported, (usageMetadata) => {
        const usage = readGeminiUsage({ usageMetadata });
        expect(usageSchema.safeParse(usage).success).toBe(true);
        const { promptTokenCount, toolUsePromptTokenCount: tools } = usageMetadata;
        expect(usage && inputTokens(usage)).toBe(
          promptTokenCount + (typeof tools === 'number' && tools > 0 && Number.isInteger(tools) ? tools : 0),
        );
      }),
    );
  });
});

describe('a total that is larger than its parts, in chat completions', () => {
  const read = (usage: JsonObject, model: string): number => {
    const counted = readChatUsage({ usage });
    return counted ? outputTokens(withUnexplainedThoughts(counted, unexplainedChatTokens({ usage }), model)) : -1;
  };
  const thoughts = { prompt_tokens: 20, completion_tokens: 424, total_tokens: 1016 };

  test.each([
    ['Google leaves thoughts out', thoughts, 'gemini-2.5-flash', 996],
    ['under any spelling of its models', thoughts, 'google/gemini-3.5-flash', 996],
    ['others are not known to', thoughts, 'claude-sonnet-4-5', 424],
    ['nor is a model that only sounds like one', thoughts, 'notgemini-x', 424],
    [
      'counted thoughts are not added again',
      { ...thoughts, completion_tokens_details: { reasoning_tokens: 572 } },
      'gemini-2.5-flash',
      996,
    ],
    [
      'cached input explains it',
      { prompt_tokens: 20, completion_tokens: 10, total_tokens: 1030, prompt_tokens_details: { cached_tokens: 1000 } },
      'gemini-2.5-flash',
      10,
    ],
    ['a total below its parts takes nothing away', { ...thoughts, total_tokens: 3 }, 'gemini-2.5-flash', 424],
    ['no total', { prompt_tokens: 20, completion_tokens: 424 }, 'gemini-2.5-flash', 424],
  ])('%s', (_what, usage, model, output) => {
    expect(read(usage, model)).toBe(output);
  });
});

describe('Ollama', () => {
  const { readReply, readEvent } = dialectReaders['ollama-chat'];
  const done = {
    model: 'm',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'length',
    prompt_eval_count: 7,
    eval_count: 3,
  };

  test('a last line reports usage and the reason', () => {
    const facts = [{ model: 'm', message: { content: 'x' }, done: false }, done].reduce(readEvent, noReplyFacts);
    expect(facts).toMatchObject({
      usage: makeUsage({ freshInput: 7, outputText: 3 }),
      finishReason: 'length',
      isComplete: true,
    });
    expect(readReply(done)).toMatchObject({ usage: makeUsage({ freshInput: 7, outputText: 3 }), isAnswer: true });
  });

  test.each([{ error: 'model not found' }, {}, { done: false }])('%j is no answer', (line) => {
    expect(readReply(line)).toMatchObject({ isAnswer: false, isComplete: false });
  });
});
