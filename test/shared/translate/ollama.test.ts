import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { geminiForm } from '#shared/dialects/forms/gemini-form.ts';
import { asArray, asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { sameToolNames } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { replies, streams } from './scenes.ts';

const upstreams = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;

function translation(from: 'ollama-chat' | 'ollama-generate' | 'gemini', to: (typeof upstreams)[number]) {
  const found = findTranslation(from, to);
  if (!found) throw new Error('no such pair');
  return found;
}

const context = { request: { model: 'asked-model' }, requestId: 'r', createdSeconds: 7, tools: sameToolNames };

describe.each(upstreams)('an Ollama client of %s', (to) => {
  const { reply, stream } = translation('ollama-chat', to);
  const wanted = {
    model: 'asked-model',
    done_reason: 'stop',
    prompt_eval_count: 100,
    eval_count: 30,
    message: {
      role: 'assistant',
      content: 'Let me see.',
      thinking: 'Hm',
      tool_calls: [
        { function: { name: 'weather', arguments: { city: 'Graz' } } },
        { function: { name: 'weather', arguments: { city: 'Zürich' } } },
      ],
    },
  };

  test('gets all of a whole answer, and the same in lines', () => {
    expect(reply(replies[to], context).body).toMatchObject({ ...wanted, done: true });
    const translator = stream(context);
    const text = streams[to].map((event) => translator.event(event)).join('') + translator.end();
    const lines = text
      .split('\n\n')
      .flatMap((event): JsonObject[] => (event === '' ? [] : [JSON.parse(event.slice('data: '.length))]));
    const said = lines.map((line) => asObject(line['message']) ?? {});
    const joined = (name: string) =>
      said.map((message) => (typeof message[name] === 'string' ? message[name] : '')).join('');
    expect([joined('content'), joined('thinking')]).toEqual(['Let me see.', 'Hm']);
    expect(said.flatMap((message) => asArray(message['tool_calls']))).toMatchObject(wanted.message.tool_calls);
    expect(lines.map(({ done }) => done)).toEqual(lines.map((_line, index) => index === lines.length - 1));
    expect(lines.at(-1)).toMatchObject({ prompt_eval_count: 100, eval_count: 30 });
  });
});

test.each(['ollama-chat', 'gemini'] as const)(
  '%s: results without ids belong to their calls, in the order of each name',
  (from) => {
    const calls = fc.array(fc.constantFrom('weather', 'search'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 4 }), (turns) => {
        const { body } = translation(from, 'openai-chat').request(
          from === 'gemini' ? geminiHistory(turns) : ollamaHistory(turns),
        );
        const messages = asArray(body['messages']).map((message) => asObject(message) ?? {});
        const asked = messages.flatMap((message) => asArray(message['tool_calls']).map((call) => asObject(call) ?? {}));
        const ids = asked.map(({ id }) => id);
        expect(new Set(ids).size).toBe(turns.flat().length);
        const answered = messages.filter(({ role }) => role === 'tool');
        expect(new Set(answered.map((message) => message['tool_call_id']))).toEqual(new Set(ids));
        for (const { tool_call_id: id, content } of answered) {
          const call = asObject(asked.find((candidate) => candidate['id'] === id)?.['function']);
          expect(call?.['arguments']).toBe(JSON.stringify({ of: content }));
        }
      }),
    );
  },
);

/** Results come grouped by name, so not in the order of the calls. */
function ollamaHistory(turns: readonly string[][]): JsonObject {
  const messages = turns.flatMap((names, turn): JsonObject[] => {
    const made = names.map((name, place) => ({ name, mark: `${turn}.${place}` }));
    return [
      { role: 'user', content: 'Go on.' },
      {
        role: 'assistant',
        content: '',
        tool_calls: made.map(({ name, mark }) => ({ function: { name, arguments: { of: mark } } })),
      },
      ...made
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map(({ name, mark }) => ({ role: 'tool', tool_name: name, content: mark })),
    ];
  });
  return { model: 'm', messages };
}

function geminiHistory(turns: readonly string[][]): JsonObject {
  const contents = turns.flatMap((names, turn): JsonObject[] => {
    const made = names.map((name, place) => ({ name, mark: `${turn}.${place}` }));
    const results = made.toSorted((a, b) => a.name.localeCompare(b.name));
    return [
      { role: 'user', parts: [{ text: 'Go on.' }] },
      { role: 'model', parts: made.map(({ name, mark }) => ({ functionCall: { name, args: { of: mark } } })) },
      {
        role: 'user',
        parts: results.map(({ name, mark }) => ({ functionResponse: { name, response: { output: mark } } })),
      },
    ];
  });
  return { model: 'm', contents };
}

describe('what cannot be carried is refused by name', () => {
  test.each<['ollama-chat' | 'ollama-generate' | 'gemini', JsonObject, string]>([
    ['ollama-chat', { logprobs: true, messages: [] }, 'logprobs'],
    ['ollama-generate', { prompt: 'a', suffix: 'b' }, 'suffix'],
    ['ollama-generate', { prompt: 'a', context: [1, 2] }, 'context'],
    ['gemini', { contents: [], cachedContent: 'cachedContents/1' }, 'cachedContent'],
    ['gemini', { contents: [], generation_config: { candidate_count: 2 } }, 'candidateCount'],
    ['gemini', { contents: [], generationConfig: { responseLogprobs: true } }, 'responseLogprobs'],
    ['gemini', { contents: [], generationConfig: { responseModalities: ['AUDIO'] } }, 'responseModalities'],
    [
      'gemini',
      { contents: [{ parts: [{ inlineData: { mimeType: 'audio/wav', data: 'AA==' } }] }] },
      'contents[0].parts[0]',
    ],
    ['gemini', { contents: [{ parts: [{ file_data: { file_uri: 'gs://bucket/a.pdf' } }] }] }, 'contents[0].parts[0]'],
  ])('%s %j', (from, body, param) => {
    const ask = () => translation(from, 'openai-chat').request({ model: 'm', ...body });
    expect(ask).toThrow(CorvusError);
    expect(ask).toThrow(
      expect.objectContaining({ code: 'not_translatable', details: expect.objectContaining({ param }) }),
    );
  });
});

test('the events of a Gemini stream are one answer, and a whole answer is one event', () => {
  const collector = geminiForm.collect();
  for (const event of streams.gemini) collector.take(event);
  const parts = [
    { text: 'Hm', thought: true },
    { text: 'Let me see.' },
    { functionCall: { name: 'weather' }, thoughtSignature: 'b3BhcXVl' },
    { functionCall: { name: 'weather' } },
    { text: '' },
  ];
  expect(collector.whole()).toMatchObject({
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata: replies.gemini['usageMetadata'],
  });
  expect(geminiForm.asStream(replies.gemini, true)).toBe(`data: ${JSON.stringify(replies.gemini)}\n\n`);
});
