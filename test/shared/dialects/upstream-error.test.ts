import { describe, expect, test } from 'vitest';
import { translateError } from '#shared/dialects/upstream-error.ts';

/** A conversation that no longer fits, as providers and model servers refuse it. */
const tooLong = [
  { error: { message: "This model's maximum context length is 128000 tokens.", code: 'context_length_exceeded' } },
  { error: { message: 'Your input exceeds the context window of this model.', code: 'context_length_exceeded' } },
  {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
  },
  {
    error: {
      code: 400,
      message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    },
  },
  { error: { message: 'the request exceeds the available context size', type: 'exceed_context_size_error' } },
];

describe.each(tooLong)('$error.message', (body) => {
  test('has the code that agents of OpenAI look for, and the words that those of Anthropic look for', () => {
    const { message } = body.error;
    expect(translateError('openai-responses', 400, body, 'req_1')).toMatchObject({
      error: { message, code: 'context_length_exceeded', type: 'invalid_request_error' },
    });
    expect(translateError('anthropic-messages', 400, body, 'req_1')).toMatchObject({
      error: { message: expect.stringMatching(/^prompt is too long/), type: 'invalid_request_error' },
    });
    expect(JSON.stringify(translateError('anthropic-messages', 400, body, 'req_1'))).toContain(
      JSON.stringify(message).slice(1, -1),
    );
  });
});

test('other refusals keep their words and their code', () => {
  const body = { error: { message: 'max_tokens is too large: 900000.', code: 'invalid_value', param: 'max_tokens' } };
  expect(translateError('anthropic-messages', 400, body, 'req_1')).toMatchObject({
    error: { type: 'invalid_request_error', message: 'max_tokens is too large: 900000.' },
  });
  expect(translateError('openai-chat', 400, body, 'req_1')).toMatchObject({
    error: { code: 'invalid_value', param: 'max_tokens' },
  });
  const busy = { error: { message: 'The context window service is busy.' } };
  expect(translateError('openai-chat', 503, busy, 'req_1')).toMatchObject({ error: { code: null } });
});

test('a model that took too long is a timeout to clients of Messages', () => {
  expect(translateError('anthropic-messages', 504, {}, 'req_1')).toMatchObject({ error: { type: 'timeout_error' } });
});

test('a conversation that would fit without so long an answer is said to clients of Messages as Anthropic says it', () => {
  const message =
    "This model's maximum context length is 32768 tokens. However, you requested 36000 tokens (4000 in the messages, 32000 in the completion).";
  expect(translateError('anthropic-messages', 400, { error: { message } }, 'req_1')).toMatchObject({
    error: { message: `input length and \`max_tokens\` exceed context limit: 4000 + 32000 > 32768: ${message}` },
  });
});
