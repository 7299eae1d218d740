import { describe, expect, test } from 'vitest';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { readMessagesUsage } from '#shared/dialects/anthropic-messages.ts';
import { readChatUsage, readResponsesUsage } from '#shared/dialects/openai-usage.ts';
import { makeUsage, totalTokens, type Usage, usageSchema } from '#shared/metering/usage.ts';

interface Reported {
  total_tokens?: number;
  output_tokens?: number;
  output_tokens_details?: object;
  [member: string]: unknown;
}
type Vector = readonly [name: string, reported: Reported, expected: Partial<Usage>];

const chatVectors: Vector[] = [
  ['plain', { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 }, { freshInput: 19, outputText: 10 }],
  ['observed zero', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, {}],
  ['no output', { prompt_tokens: 8, total_tokens: 8 }, { freshInput: 8 }],
  [
    'cached inside prompt',
    { prompt_tokens: 2006, completion_tokens: 300, total_tokens: 2306, prompt_tokens_details: { cached_tokens: 1920 } },
    { freshInput: 86, cacheRead: 1920, outputText: 300 },
  ],
  [
    'all of it cached',
    { prompt_tokens: 1024, completion_tokens: 1, total_tokens: 1025, prompt_tokens_details: { cached_tokens: 1024 } },
    { cacheRead: 1024, outputText: 1 },
  ],
  [
    'cache hit and miss tokens beside it',
    {
      prompt_tokens: 100,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      completion_tokens: 5,
      total_tokens: 105,
    },
    { freshInput: 36, cacheRead: 64, outputText: 5 },
  ],
  [
    'cached tokens beside it',
    { prompt_tokens: 19, completion_tokens: 21, total_tokens: 40, cached_tokens: 10 },
    { freshInput: 9, cacheRead: 10, outputText: 21 },
  ],
  [
    'cache writes inside prompt',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 50 },
    },
    { freshInput: 30, cacheRead: 20, cacheWrite5m: 50, outputText: 5 },
  ],
  [
    'reasoning inside completion',
    {
      prompt_tokens: 26,
      completion_tokens: 637,
      total_tokens: 663,
      completion_tokens_details: { reasoning_tokens: 448 },
    },
    { freshInput: 26, outputText: 189, outputReasoning: 448 },
  ],
  [
    'reasoning only',
    {
      prompt_tokens: 26,
      completion_tokens: 448,
      total_tokens: 474,
      completion_tokens_details: { reasoning_tokens: 448 },
    },
    { freshInput: 26, outputReasoning: 448 },
  ],
  [
    'reasoning on top',
    { prompt_tokens: 32, completion_tokens: 9, total_tokens: 135, completion_tokens_details: { reasoning_tokens: 94 } },
    { freshInput: 32, outputText: 9, outputReasoning: 94 },
  ],
  [
    'reasoning on top of nothing',
    { prompt_tokens: 32, completion_tokens: 0, total_tokens: 126, completion_tokens_details: { reasoning_tokens: 94 } },
    { freshInput: 32, outputReasoning: 94 },
  ],
  [
    'audio in and out',
    {
      prompt_tokens: 50,
      completion_tokens: 40,
      total_tokens: 90,
      prompt_tokens_details: { audio_tokens: 30, cached_tokens: 5 },
      completion_tokens_details: { audio_tokens: 25 },
    },
    { freshInput: 15, cacheRead: 5, audioInput: 30, outputText: 15, outputAudio: 25 },
  ],
  [
    'predicted output is output',
    {
      prompt_tokens: 5,
      completion_tokens: 20,
      total_tokens: 25,
      completion_tokens_details: { accepted_prediction_tokens: 8, rejected_prediction_tokens: 4, reasoning_tokens: 0 },
    },
    { freshInput: 5, outputText: 20 },
  ],
  [
    'details that are null',
    {
      prompt_tokens: 5,
      completion_tokens: 2,
      total_tokens: 7,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    },
    { freshInput: 5, outputText: 2 },
  ],
  [
    'extra members',
    { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, cost: 0.1, queue_time: 1.5 },
    { freshInput: 5, outputText: 2 },
  ],
];

const responsesVectors: Vector[] = [
  ['plain', { input_tokens: 36, output_tokens: 87, total_tokens: 123 }, { freshInput: 36, outputText: 87 }],
  ['observed zero', { input_tokens: 0, output_tokens: 0, total_tokens: 0 }, {}],
  [
    'details of zero',
    {
      input_tokens: 36,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 87,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 123,
    },
    { freshInput: 36, outputText: 87 },
  ],
  [
    'cached',
    { input_tokens: 1100, input_tokens_details: { cached_tokens: 1024 }, output_tokens: 5, total_tokens: 1105 },
    { freshInput: 76, cacheRead: 1024, outputText: 5 },
  ],
  [
    'cache writes',
    {
      input_tokens: 1100,
      input_tokens_details: { cached_tokens: 100, cache_write_tokens: 900 },
      output_tokens: 5,
      total_tokens: 1105,
    },
    { freshInput: 100, cacheRead: 100, cacheWrite5m: 900, outputText: 5 },
  ],
  [
    'reasoning',
    { input_tokens: 81, output_tokens: 1035, output_tokens_details: { reasoning_tokens: 832 }, total_tokens: 1116 },
    { freshInput: 81, outputText: 203, outputReasoning: 832 },
  ],
  [
    'reasoning only',
    { input_tokens: 81, output_tokens: 832, output_tokens_details: { reasoning_tokens: 832 }, total_tokens: 913 },
    { freshInput: 81, outputReasoning: 832 },
  ],
  [
    'all cached',
    { input_tokens: 64, input_tokens_details: { cached_tokens: 64 }, output_tokens: 1, total_tokens: 65 },
    { cacheRead: 64, outputText: 1 },
  ],
];

const messagesVectors: Vector[] = [
  ['plain', { input_tokens: 25, output_tokens: 15 }, { freshInput: 25, outputText: 15 }],
  ['observed zero', { input_tokens: 0, output_tokens: 0 }, {}],
  [
    'cache beside input',
    { input_tokens: 3, cache_creation_input_tokens: 12_304, cache_read_input_tokens: 0, output_tokens: 550 },
    { freshInput: 3, cacheWrite5m: 12_304, outputText: 550 },
  ],
  [
    'cache read',
    { input_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 12_304, output_tokens: 550 },
    { freshInput: 3, cacheRead: 12_304, outputText: 550 },
  ],
  [
    'read and write',
    { input_tokens: 21, cache_creation_input_tokens: 188, cache_read_input_tokens: 1_000, output_tokens: 9 },
    { freshInput: 21, cacheRead: 1_000, cacheWrite5m: 188, outputText: 9 },
  ],
  [
    'writes of both lifetimes',
    {
      input_tokens: 2,
      cache_creation_input_tokens: 556,
      cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
      output_tokens: 503,
    },
    { freshInput: 2, cacheWrite5m: 456, cacheWrite1h: 100, outputText: 503 },
  ],
  [
    'writes of an hour only',
    {
      input_tokens: 2,
      cache_creation_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 100 },
      output_tokens: 5,
    },
    { freshInput: 2, cacheWrite1h: 100, outputText: 5 },
  ],
  [
    'an hour, with the other lifetime left to subtract',
    {
      input_tokens: 2,
      cache_creation_input_tokens: 120,
      cache_creation: { ephemeral_1h_input_tokens: 100 },
      output_tokens: 5,
    },
    { freshInput: 2, cacheWrite5m: 20, cacheWrite1h: 100, outputText: 5 },
  ],
  [
    'thinking inside output',
    { input_tokens: 40, output_tokens: 300, output_tokens_details: { thinking_tokens: 220 } },
    { freshInput: 40, outputText: 80, outputReasoning: 220 },
  ],
  [
    'cache members that are null',
    { input_tokens: 40, cache_creation_input_tokens: null, cache_read_input_tokens: null, output_tokens: 3 },
    { freshInput: 40, outputText: 3 },
  ],
  [
    'server tools and tier beside it',
    { input_tokens: 40, output_tokens: 3, server_tool_use: { web_search_requests: 2 }, service_tier: 'standard' },
    { freshInput: 40, outputText: 3, webSearches: 2 },
  ],
];

const nothingRead = makeUsage({});

describe('chat completions (D70)', () => {
  test.each(chatVectors)('%s', (_name, reported, expected) => {
    const usage = readChatUsage({ usage: reported });
    expect(usage).toEqual(makeUsage(expected));
    expect(totalTokens(usage ?? nothingRead)).toBe(reported.total_tokens);
  });

  test.each(chatVectors)('%s: the stream says what the whole reply says', (_name, reported) => {
    const reader = dialectReaders['openai-chat'];
    const whole = reader.readReply({ model: 'm', choices: [{ finish_reason: 'stop' }], usage: reported });
    const events = [
      { model: 'm', choices: [{ delta: {}, finish_reason: 'stop' }] },
      { model: 'm', choices: [], usage: reported },
    ];
    const streamed = events.reduce((facts, event) => reader.readEvent(facts, event), noReplyFacts);
    expect(streamed).toEqual(whole);
  });

  test("Groq's x_groq counts where the plain member is missing", () => {
    const facts = dialectReaders['openai-chat'].readEvent(noReplyFacts, {
      choices: [],
      x_groq: { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
    });
    expect(facts.usage).toEqual(makeUsage({ freshInput: 3, outputText: 4 }));
  });
});

describe('Responses (D70)', () => {
  test.each(responsesVectors)('%s, whole and streamed', (_name, reported, expected) => {
    const reader = dialectReaders['openai-responses'];
    const response = { model: 'm', status: 'completed', usage: reported };
    expect(reader.readReply(response).usage).toEqual(makeUsage(expected));
    const streamed = reader.readEvent(noReplyFacts, { type: 'response.completed', response });
    expect(streamed).toEqual(reader.readReply(response));
    expect(totalTokens(readResponsesUsage({ usage: reported }) ?? nothingRead)).toBe(reported.total_tokens);
  });
});

describe('Messages (D70)', () => {
  const reader = dialectReaders['anthropic-messages'];

  test.each(messagesVectors)('%s, whole and streamed', (_name, reported, expected) => {
    const whole = reader.readReply({ model: 'm', stop_reason: 'end_turn', usage: reported });
    expect(whole.usage).toEqual(makeUsage(expected));
    const { output_tokens, output_tokens_details: details, ...opening } = reported;
    const events = [
      { type: 'message_start', message: { model: 'm', usage: { ...opening, output_tokens: 1 } } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens, ...(details ? { output_tokens_details: details } : {}) },
      },
      { type: 'message_stop' },
    ];
    expect(events.reduce((facts, event) => reader.readEvent(facts, event), noReplyFacts)).toEqual(whole);
  });

  test('what a compaction took is added to the sums, which leave it out, and counts once', () => {
    const iterations = [
      {
        type: 'compaction',
        input_tokens: 180_000,
        cache_read_input_tokens: 7,
        cache_creation_input_tokens: 40,
        cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 0 },
        output_tokens: 3_500,
      },
      { type: 'message', input_tokens: 23_000, cache_read_input_tokens: 500, output_tokens: 1_000 },
    ];
    const sums = {
      input_tokens: 23_000,
      cache_read_input_tokens: 500,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 1_000,
    };
    const expected = makeUsage({
      freshInput: 203_000,
      cacheRead: 507,
      cacheWrite5m: 140,
      cacheWrite1h: 200,
      outputText: 4_500,
    });
    const whole = { ...sums, iterations };
    expect(reader.readReply({ model: 'm', stop_reason: 'end_turn', usage: whole }).usage).toEqual(expected);
    for (const started of [{ ...sums, output_tokens: 1 }, whole])
      expect(readMessagesUsage(whole, readMessagesUsage(started, null))).toEqual(expected);
  });

  test('a delta that repeats the sum of cache writes keeps how they were split', () => {
    const start = readMessagesUsage(
      {
        input_tokens: 2,
        cache_creation_input_tokens: 556,
        cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
        output_tokens: 1,
      },
      null,
    );
    const end = readMessagesUsage(
      { input_tokens: 2, cache_creation_input_tokens: 556, cache_read_input_tokens: 0, output_tokens: 503 },
      start,
    );
    expect(end).toEqual(makeUsage({ freshInput: 2, cacheWrite5m: 456, cacheWrite1h: 100, outputText: 503 }));
  });

  test('a delta that reports more input than the start replaces it', () => {
    const start = readMessagesUsage({ input_tokens: 10, output_tokens: 1 }, null);
    expect(readMessagesUsage({ input_tokens: 10_682, output_tokens: 510 }, start)).toEqual(
      makeUsage({ freshInput: 10_682, outputText: 510 }),
    );
  });
});

describe('hostile counts are not said, and parts never exceed their whole (D71)', () => {
  const hostile: unknown[] = [-1, Number.NaN, Number.POSITIVE_INFINITY, '2147483647', 2 ** 63, 1.5, true, [], {}, null];

  test.each(hostile)('%s as a total', (value) => {
    expect(readChatUsage({ usage: { prompt_tokens: value, completion_tokens: 1 } })).toBeNull();
    expect(readResponsesUsage({ usage: { input_tokens: value, output_tokens: 1 } })).toBeNull();
    expect(readMessagesUsage({ input_tokens: value, output_tokens: 1 }, null)).toBeNull();
  });

  test.each(hostile)('%s as a part', (value) => {
    const read = [
      readChatUsage({
        usage: {
          prompt_tokens: 5,
          completion_tokens: 5,
          prompt_tokens_details: { cached_tokens: value },
          completion_tokens_details: { reasoning_tokens: value },
        },
      }),
      readResponsesUsage({
        usage: { input_tokens: 5, output_tokens: 5, input_tokens_details: { cached_tokens: value } },
      }),
      readMessagesUsage(
        {
          input_tokens: 5,
          output_tokens: 5,
          cache_read_input_tokens: value,
          cache_creation: { ephemeral_1h_input_tokens: value },
        },
        null,
      ),
    ];
    for (const usage of read) expect(usage).toEqual(makeUsage({ freshInput: 5, outputText: 5 }));
  });

  test('parts larger than their whole are clamped to it', () => {
    const usage = readChatUsage({
      usage: {
        prompt_tokens: 10,
        completion_tokens: 4,
        prompt_tokens_details: { cached_tokens: 99, audio_tokens: 99 },
        completion_tokens_details: { reasoning_tokens: 99, audio_tokens: 99 },
      },
    });
    expect(usage).toEqual(makeUsage({ cacheRead: 10, outputReasoning: 4 }));
    expect(usageSchema.safeParse(usage).success).toBe(true);
  });
});
