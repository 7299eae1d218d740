import { expect, test } from 'vitest';
import { changeBody } from '#proxy/body/change-body.ts';
import { limitedOutput, withLimitedOutput } from '#proxy/body/limit-output.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import type { Dialect } from '#shared/domain/dialect.ts';

test.each<[Dialect, object, object]>([
  ['openai-chat', { max_tokens: 900 }, { max_tokens: 100 }],
  ['openai-chat', { max_tokens: 50, max_completion_tokens: 900 }, { max_tokens: 50, max_completion_tokens: 100 }],
  ['openai-chat', {}, { max_tokens: 100 }],
  ['openai-responses', { max_output_tokens: null }, { max_output_tokens: 100 }],
  ['openai-completions', {}, { max_tokens: 100 }],
  [
    'anthropic-messages',
    { max_tokens: 9_000, thinking: { type: 'enabled', budget_tokens: 4_000 } },
    { max_tokens: 100, thinking: { type: 'disabled' } },
  ],
  ['gemini', {}, { generationConfig: { maxOutputTokens: 100 } }],
  [
    'gemini',
    { generation_config: { max_output_tokens: 900, topK: 1 } },
    { generation_config: { max_output_tokens: 100, topK: 1 } },
  ],
  ['ollama-chat', { options: { num_predict: -1, seed: 7 } }, { options: { num_predict: 100, seed: 7 } }],
  ['ollama-chat', { options: { seed: 7 } }, { options: { seed: 7, num_predict: 100 } }],
])('%s: %j allows 100 tokens as %j, as bytes and as values', async (dialect, given, limited) => {
  const request = { model: 'a-model', ...given };
  const body = Buffer.from(JSON.stringify(request));
  const said = dialect === 'gemini' ? { model: 'a-model', stream: false } : undefined;
  const { spans } = readFacts(dialect, body, said);
  if (!spans) throw new Error('a JSON body has spans');
  const expected = { model: 'a-model', ...limited };
  const changed = await changeBody(body, limitedOutput(body, dialect, 'a-model', spans, 100));
  expect(JSON.parse(changed.toString())).toEqual(expected);
  expect(withLimitedOutput(request, dialect, 'a-model', 100)).toEqual(expected);
});
