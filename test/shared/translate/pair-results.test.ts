import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import type { Step } from '../../support/agents/steps.ts';
import { type TaskDialectName, taskDialects, taskModels } from '../../support/agents/task-dialects.ts';

const call = (id: string) => ({ id, type: 'function', function: { name: 'read', arguments: `{"p":"${id}"}` } });
const calls = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map(call) });
const result = (id: string, content = `text of ${id}`) => ({ role: 'tool', tool_call_id: id, content });
const user = { role: 'user', content: 'Go on.' };
const assistant = { role: 'assistant', content: 'Hm.' };
const system = { role: 'system', content: 'Be brief.' };
const unfinished = 'The call was not finished; there is no result.';

/** Histories as clients send them, and the results that the model must see, by call. */
const histories: Record<string, { messages: object[]; results: [string, string][]; said?: string }> = {
  'as it should be': {
    messages: [user, calls('a', 'b'), result('a'), result('b'), user],
    results: [
      ['a', 'text of a'],
      ['b', 'text of b'],
    ],
  },
  'results in another order': {
    messages: [user, calls('a', 'b'), result('b'), result('a')],
    results: [
      ['a', 'text of a'],
      ['b', 'text of b'],
    ],
  },
  'a result twice': {
    messages: [user, calls('a'), result('a'), result('a'), assistant, user],
    results: [['a', 'text of a']],
  },
  'a second result that says more': {
    messages: [user, calls('a'), result('a'), result('a', ' and more')],
    results: [['a', 'text of a and more']],
  },
  'a call that was interrupted': { messages: [user, calls('a'), user], results: [['a', unfinished]] },
  'one call of two that was interrupted': {
    messages: [user, calls('a', 'b'), result('a'), user],
    results: [
      ['a', 'text of a'],
      ['b', unfinished],
    ],
  },
  'a call at the very end': { messages: [user, calls('a')], results: [['a', unfinished]] },
  'a result behind instructions': {
    messages: [user, calls('a'), system, result('a'), user],
    results: [['a', 'text of a']],
  },
  'a result behind the next turn': {
    messages: [user, calls('a'), user, assistant, result('a'), user],
    results: [['a', 'text of a']],
  },
  'a result without its call': { messages: [user, result('z'), assistant, user], results: [], said: 'text of z' },
  'the same id in every turn': {
    messages: [user, calls('a'), result('a', 'one'), calls('a'), result('a', 'two'), user],
    results: [
      ['a', 'one'],
      ['a', 'two'],
    ],
  },
  'the same id for two calls of one turn': {
    messages: [user, calls('a', 'a'), result('a', 'one'), result('a', 'two'), user],
    results: [
      ['a', 'one'],
      ['a', 'two'],
    ],
  },
  'the same id for two calls, the second of which was interrupted': {
    messages: [user, calls('a'), result('a', 'zero'), calls('a', 'a'), result('a', 'one'), user],
    results: [
      ['a', 'zero'],
      ['a', 'one'],
      ['a', unfinished],
    ],
  },
};

function seenBy(to: TaskDialectName, messages: object[]): readonly Step[] {
  const translation = findTranslation(to === 'openai-chat' ? 'anthropic-messages' : 'openai-chat', to);
  const body: JsonObject = {
    model: taskModels[to],
    max_tokens: 50,
    messages: to === 'openai-chat' ? messages.flatMap(inMessages) : messages,
  };
  return taskDialects[to].task.read(translation?.request(body).body, `/models/${taskModels[to]}:generateContent`).steps;
}

/** The same history from a client that speaks Messages. */
function inMessages(message: object): object[] {
  const {
    role,
    content,
    tool_calls: asked = [],
    tool_call_id: id,
  }: { role?: string; content?: string; tool_calls?: ReturnType<typeof call>[]; tool_call_id?: string } = message;
  if (role === 'tool') return [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] }];
  if (role === 'assistant' && asked.length > 0)
    return [
      {
        role,
        content: asked.map((one) => ({
          type: 'tool_use',
          id: one.id,
          name: 'read',
          input: JSON.parse(one.function.arguments),
        })),
      },
    ];
  return [{ role, content }];
}

describe.each<TaskDialectName>(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'])(
  'a strict server of %s takes',
  (to) => {
    test.each(Object.keys(histories))('%s', (name) => {
      const { messages = [], results = [], said = '' } = histories[name] ?? {};
      const steps = seenBy(to, messages);
      const called = steps.filter((step) => step.kind === 'called');
      const returned = steps.filter((step) => step.kind === 'returned');
      expect(called.map(({ input }) => input)).toEqual(results.map(([p]) => ({ p })));
      expect(returned.map(({ text }) => text.replace(/^Error: /, '').replace('\n', ''))).toEqual(
        results.map(([, text]) => text),
      );
      expect(JSON.stringify(steps)).toContain(said);
    });
  },
);

test('a result of chat completions is of the kind of tool that was called: Responses refuses any other', () => {
  const custom = { id: 'a', type: 'custom', custom: { name: 'patch', input: '*** Begin' } };
  const messages = [
    user,
    { role: 'assistant', content: null, tool_calls: [custom, call('b')] },
    result('b'),
    result('a'),
  ];
  const translated = findTranslation('openai-chat', 'openai-responses')?.request({ model: 'm', messages });
  expect(translated?.body['input']).toMatchObject([
    { type: 'message' },
    { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: '*** Begin' },
    { type: 'function_call', call_id: 'b' },
    { type: 'custom_tool_call_output', call_id: 'a', output: 'text of a' },
    { type: 'function_call_output', call_id: 'b', output: 'text of b' },
  ]);
});
