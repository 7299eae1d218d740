import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { findTranslation } from '#shared/translate/translations.ts';

/** The answer of a tool in Messages, as an upstream of another dialect gets it. */
function sentResult(to: UpstreamDialect, result: JsonObject): JsonObject {
  const translation = findTranslation('anthropic-messages', to);
  if (!translation) throw new Error('no such pair');
  const messages = [
    { role: 'user', content: 'Go.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', ...result }] },
  ];
  return translation.request({ model: 'm', max_tokens: 50, messages }).body;
}

const text = (words: string) => ({ type: 'text', text: words });
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'TWFyaw==' } };

describe('several texts of a result stay apart', () => {
  const content = [text('a.txt'), text('b.txt')];

  test.each<UpstreamDialect>(['openai-chat', 'openai-responses', 'gemini'])('to %s', (to) => {
    expect(JSON.stringify(sentResult(to, { content }))).toContain(String.raw`"a.txt\nb.txt"`);
  });
});

describe('a result beside a picture is an error too', () => {
  const failed = { is_error: true, content: [text('No such page.'), picture] };

  test('to Responses', () => {
    expect(sentResult('openai-responses', failed)['input']).toContainEqual({
      type: 'function_call_output',
      call_id: 'a',
      output: [
        { type: 'input_text', text: 'Error: No such page.' },
        { type: 'input_image', image_url: 'data:image/png;base64,TWFyaw==', detail: 'auto' },
      ],
    });
  });

  test('and where it is nothing but a picture', () => {
    const { input } = sentResult('openai-responses', { is_error: true, content: [picture] });
    expect(input).toContainEqual(
      expect.objectContaining({ output: [{ type: 'input_text', text: 'Error' }, expect.anything()] }),
    );
  });
});
