import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { asArray, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { efforts } from '#shared/translate/conversation.ts';
import { limitsOf, nearestEffort } from '#shared/translate/model-limits.ts';
import { legalName, shortened } from '#shared/translate/short-names.ts';
import type { ConversationDialect } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

function sent(from: ConversationDialect, to: ConversationDialect, body: JsonObject, model?: string) {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  return translation.request(body, model);
}

const messages = [{ role: 'user', content: 'hi' }];
const fromMessages = (to: ConversationDialect, body: JsonObject) =>
  sent('anthropic-messages', to, { max_tokens: 64_000, messages, ...body });

describe('how hard to reason', () => {
  test.each<[string, number, string | null]>([
    ['gpt-5-mini', 31_999, 'high'],
    ['gpt-5', 31_999, 'high'],
    ['openai/gpt-5.1-2025-11-13', 31_999, 'high'],
    ['o3', 31_999, 'high'],
    ['gpt-5-pro', 2_000, 'high'],
    ['gpt-5.6', 31_999, 'xhigh'],
    ['deepseek-v4-pro', 31_999, 'max'],
    ['gpt-99', 31_999, 'high'],
    ['gpt-4.1', 31_999, null],
  ])('%s, with a thinking budget of %d, gets effort %s', (model, budget, effort) => {
    const { body } = fromMessages('openai-chat', { model, thinking: { type: 'enabled', budget_tokens: budget } });
    expect(body['reasoning_effort'] ?? null).toBe(effort);
  });

  test('is always one of those that the model knows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...efforts), fc.subarray([...efforts], { minLength: 1 }), (asked, known) => {
        expect(known).toContain(nearestEffort(asked, known));
        expect(
          nearestEffort(
            asked,
            [...known, asked].sort((a, b) => efforts.indexOf(a) - efforts.indexOf(b)),
          ),
        ).toBe(asked);
      }),
    );
  });

  test('is asked of the model that answers, not of the name that the client uses', () => {
    const body = {
      model: 'my-alias',
      max_tokens: 64_000,
      messages,
      temperature: 0,
      thinking: { type: 'enabled', budget_tokens: 31_999 },
    };
    expect(sent('anthropic-messages', 'openai-chat', body, 'gpt-5').body).toMatchObject({
      model: 'gpt-5',
      reasoning_effort: 'high',
    });
  });
});

describe('sampling', () => {
  test.each<[string, ConversationDialect, JsonObject, string[]]>([
    ['gpt-5', 'openai-chat', {}, ['temperature', 'top_p']],
    ['o3', 'openai-responses', {}, ['temperature', 'top_p']],
    ['gpt-4.1', 'openai-chat', { temperature: 0.3, top_p: 0.5 }, []],
    ['gpt-5.1', 'openai-chat', { temperature: 0.3, top_p: 0.5 }, []],
  ])('%s by %s gets %j', (model, to, expected, notCarried) => {
    const { body, notCarried: names } = fromMessages(to, { model, temperature: 0.3, top_p: 0.5 });
    expect({
      ...('temperature' in body && { temperature: body['temperature'] }),
      ...('top_p' in body && { top_p: body['top_p'] }),
    }).toEqual(expected);
    expect(names).toEqual(notCarried);
  });

  test.each(['claude-sonnet-4-5', 'claude-haiku-4-5-20251001', 'claude-opus-4-6', 'anthropic/claude-sonnet-4.6'])(
    '%s gets one of the two',
    (model) => {
      const { body, notCarried } = sent('openai-chat', 'anthropic-messages', {
        model,
        messages,
        temperature: 0.7,
        top_p: 0.95,
      });
      expect(body).toMatchObject({ temperature: 0.7 });
      expect(body['top_p']).toBeUndefined();
      expect(notCarried).toEqual(['top_p']);
    },
  );

  test('a reasoning model that takes no stop sequences refuses them by name', () => {
    expect(() => fromMessages('openai-chat', { model: 'o3', stop_sequences: ['END'] })).toThrow(/stop sequences/);
  });

  test.each<[ConversationDialect, string, number]>([
    ['openai-chat', 'gpt-4.1', 4],
    ['gemini', 'gemini-2.5-pro', 5],
  ])('%s gets as many stop sequences as its model takes, and is told how many', (to, model, most) => {
    const { notCarried } = fromMessages(to, { model, stop_sequences: ['a', 'b', 'c', 'd', 'e', 'f'] });
    expect(notCarried).toContain(`stop sequences beyond ${most}`);
  });
});

describe('lengths', () => {
  test.each<ConversationDialect>(['openai-chat', 'openai-responses'])(
    'a long user id is cut for %s, different ones differently',
    (to) => {
      const users = ['a', 'b'].map(
        (end) => fromMessages(to, { model: 'm', metadata: { user_id: `user_${'x'.repeat(140)}${end}` } }).body['user'],
      );
      expect(users.map((user) => asText(user)?.length)).toEqual([64, 64]);
      expect(new Set(users).size).toBe(2);
    },
  );

  test('the smallest output limit that Responses takes is asked for where less was wanted', () => {
    const limits = [1, 16, 500].map(
      (max_tokens) => fromMessages('openai-responses', { model: 'm', max_tokens }).body['max_output_tokens'],
    );
    expect(limits).toEqual([16, 16, 500]);
  });

  test('names: legal, short, stable, and different for different ones', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 200 }),
        fc.string({ minLength: 1, maxLength: 200 }),
        (one, other) => {
          const [a, b] = [legalName(one, 64), legalName(other, 64)];
          expect(a).toMatch(/^[\w-]{1,64}$/);
          expect(a === b).toBe(one === other);
          expect(legalName(one, 64)).toBe(a);
          expect(legalName(a, 64)).toBe(a);
          expect(shortened(one, 64).length).toBeLessThanOrEqual(64);
        },
      ),
    );
  });

  test('a long tool name is the same in tools, history and choice, and comes back whole, streamed and not', () => {
    const names = ['records', 'metrics'].map(
      (end) => `mcp__plugin_cloudflare_cloudflare-workers-observability__query_worker_${end}`,
    );
    const request = {
      model: 'gpt-5.5',
      max_tokens: 500,
      tools: names.map((name) => ({ name, input_schema: { type: 'object' } })),
      tool_choice: { type: 'tool', name: names[1] },
      messages: [
        ...messages,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: names[0], input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a' }] },
      ],
    };
    const translation = findTranslation('anthropic-messages', 'openai-chat');
    if (!translation) throw new Error('no such pair');
    const { body, tools } = translation.request(request);
    const offered = asArray(body['tools']).map(
      (tool) => asText(asObject(asObject(tool)?.['function'])?.['name']) ?? '',
    );
    expect(offered.every((name) => name.length <= 64)).toBe(true);
    expect(new Set(offered).size).toBe(2);
    expect(JSON.stringify(body['messages'])).toContain(`"name":"${offered[0]}"`);
    expect(body['tool_choice']).toEqual({ type: 'function', function: { name: offered[1] } });
    const context = { request, requestId: 'r', createdSeconds: 0, tools };
    const call = { index: 0, id: 'c', type: 'function', function: { name: offered[1], arguments: '{}' } };
    expect(
      translation.reply({ choices: [{ message: { tool_calls: [call] }, finish_reason: 'tool_calls' }] }, context).body[
        'content'
      ],
    ).toMatchObject([{ name: names[1] }]);
    expect(translation.stream(context).event({ choices: [{ delta: { tool_calls: [call] } }] })).toContain(
      `"name":"${names[1]}"`,
    );
  });

  test('ids of calls that are too long are cut alike on call and result', () => {
    const id = `toolu_${'x'.repeat(80)}`;
    const history = [
      ...messages,
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 't', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'a' }] },
    ];
    for (const [to, most] of [
      ['openai-chat', 40],
      ['openai-responses', 64],
    ] as const) {
      const text = JSON.stringify(fromMessages(to, { model: 'm', messages: history }).body);
      const ids = [...text.matchAll(/"(?:id|tool_call_id|call_id)":"([^"]+)"/g)].map(([, found]) => found);
      expect(ids).toHaveLength(2);
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]?.length).toBe(most);
    }
  });
});

describe('schemas', () => {
  test.each<[JsonObject, JsonObject]>([
    [{ type: 'object' }, { type: 'object', properties: {} }],
    [{}, { type: 'object', properties: {} }],
    [
      { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }] },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
  ])('%j is sent as %j', (schema, expected) => {
    for (const to of ['openai-chat', 'openai-responses'] as const) {
      const tool = asObject(
        asArray(fromMessages(to, { model: 'gpt-5.5', tools: [{ name: 't', input_schema: schema }] }).body['tools'])[0],
      );
      expect(asObject(tool?.['function'])?.['parameters'] ?? tool?.['parameters']).toEqual(expected);
    }
  });

  test('more tools than a model takes are refused', () => {
    const tools = Array.from({ length: 129 }, (_, index) => ({ name: `t${index}`, input_schema: { type: 'object' } }));
    expect(() => fromMessages('openai-chat', { model: 'gpt-5', tools })).toThrow(
      /at most 128 tools, and 129 were sent/,
    );
    expect(asArray(fromMessages('openai-chat', { model: 'glm-4.6', tools }).body['tools'])).toHaveLength(129);
  });
});

describe('instructions in the middle', () => {
  const body = {
    system: 'A',
    messages: [
      ...messages,
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
      { role: 'system', content: 'D' },
    ],
  };
  const rolesFor = (model: string) =>
    asArray(fromMessages('openai-chat', { ...body, model }).body['messages']).map(
      (message) => asObject(message)?.['role'],
    );

  test('keep their role where it is taken', () =>
    expect(rolesFor('gpt-4.1')).toEqual(['system', 'user', 'assistant', 'user', 'system']));
  test('are words of the user elsewhere, and roles take turns', () =>
    expect(rolesFor('qwen3.5-27b')).toEqual(['system', 'user', 'assistant', 'user']));
});

test('the table names every model plainly', () => {
  expect(limitsOf('openai-chat', 'OpenAI/GPT-5-2025-08-07')).toEqual(limitsOf('openai-chat', 'gpt-5'));
  expect(limitsOf('anthropic-messages', 'anthropic/claude-opus-4.6:beta')).toEqual(
    limitsOf('anthropic-messages', 'claude-opus-4-6'),
  );
});
