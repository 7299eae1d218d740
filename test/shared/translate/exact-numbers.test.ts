import { expect, test } from 'vitest';
import fc from 'fast-check';
import { numberOf } from '#shared/dialects/exact-json.ts';
import { asObject, asText, type JsonObject, parseExactJson } from '#shared/dialects/json-value.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { sameToolNames } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

const dialects: UpstreamDialect[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];
const pairs = dialects.flatMap((from) => dialects.filter((to) => to !== from).map((to) => [from, to] as const));

/** Numbers as other systems write them: longer than a double, with zeros at the end, with exponents. */
const digits = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 30n }),
    fc.constantFrom('', '.0', '.10', '.123456789012345678901'),
    fc.constantFrom('', 'e5', 'E-300', 'e+400'),
  )
  .map((parts) => parts.join(''));

test.each(['2512292042121000001', '1.0', '-0', '1e400', '0.10', '123456789.123456789123'])(
  '%s is read and written as it stands',
  (number) => {
    expect(JSON.stringify(parseExactJson(`{"id":${number}}`))).toBe(`{"id":${number}}`);
  },
);

test('every JSON text is read as JSON.parse reads it, digits apart', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(JSON.stringify(parseExactJson(text)))).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))));
    }),
  );
});

test.each(['{', '{"a":01}', '{"a":1}}', '', '"\\', '{"a":1e}'])('%s is no JSON', (text) => {
  expect(parseExactJson(text)).toBeUndefined();
});

test('digits inside strings are no numbers, however the strings are escaped', () => {
  fc.assert(
    fc.property(fc.string(), digits, (text, number) => {
      const json = `{${JSON.stringify(text)}:${JSON.stringify(text)},"n":${number}}`;
      expect(JSON.stringify(parseExactJson(json))).toContain(`"n":${number}`);
    }),
  );
});

test('a number that is kept as text counts as the number it is', () => {
  expect(numberOf(asObject(parseExactJson('{"n":1.0}'))?.['n'])).toBe(1);
  expect(asObject(asObject(parseExactJson('{"n":1.0}'))?.['n'])).toBeNull();
});

function historyOf(dialect: UpstreamDialect, input: string): string {
  const escaped = JSON.stringify(input);
  const bodies: Record<UpstreamDialect, string> = {
    'openai-chat': `{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"sql","arguments":${escaped}}}]},{"role":"tool","tool_call_id":"call_1","content":"0"}]}`,
    'openai-responses': `{"model":"m","input":[{"type":"message","role":"user","content":"q"},{"type":"function_call","call_id":"call_1","name":"sql","arguments":${escaped}},{"type":"function_call_output","call_id":"call_1","output":"0"}]}`,
    'anthropic-messages': `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"sql","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"0"}]}]}`,
    gemini: `{"model":"m","contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"sql","args":${input}}}]},{"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"sql","response":{"output":"0"}}}]}]}`,
  };
  return bodies[dialect];
}

function answerOf(dialect: UpstreamDialect, input: string): string {
  const escaped = JSON.stringify(input);
  const replies: Record<UpstreamDialect, string> = {
    'openai-chat': `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"sql","arguments":${escaped}}}]},"finish_reason":"tool_calls"}]}`,
    'openai-responses': `{"id":"r","status":"completed","output":[{"type":"function_call","call_id":"call_1","name":"sql","arguments":${escaped}}]}`,
    'anthropic-messages': `{"id":"m","content":[{"type":"tool_use","id":"call_1","name":"sql","input":${input}}],"stop_reason":"tool_use"}`,
    gemini: `{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"sql","args":${input}}}]},"finishReason":"STOP"}]}`,
  };
  return replies[dialect];
}

const hasDigits = (text: string, number: string): boolean =>
  new RegExp(`"id\\\\*":${number.replaceAll(/[.+]/g, '\\$&')}(?![\\d.eE])`).test(text);
const read = (text: string): JsonObject => asObject(parseExactJson(text)) ?? {};

test.each(pairs)('the digits of %s arguments reach %s, in history and in answers', (from, to) => {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  fc.assert(
    fc.property(digits, (number) => {
      const input = `{"id":${number}}`;
      const request = read(historyOf(from, input));
      expect(hasDigits(JSON.stringify(translation.request(request).body), number)).toBe(true);
      const { body: reply } = translation.reply(read(answerOf(to, input)), {
        request,
        requestId: 'r',
        createdSeconds: 0,
        tools: sameToolNames,
      });
      expect(hasDigits(JSON.stringify(reply), number)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each(pairs)('the digits of a schema reach from %s to %s', (from, to) => {
  const schema =
    '{"type":"object","properties":{"id":{"type":"integer","maximum":18446744073709551615,"multipleOf":1.0}}}';
  const tools: Record<UpstreamDialect, string> = {
    'openai-chat': `{"type":"function","function":{"name":"t","parameters":${schema}}}`,
    'openai-responses': `{"type":"function","name":"t","parameters":${schema}}`,
    'anthropic-messages': `{"name":"t","input_schema":${schema}}`,
    gemini: `{"functionDeclarations":[{"name":"t","parametersJsonSchema":${schema}}]}`,
  };
  const body = read(historyOf(from, '{}').replace('"model":"m"', `"model":"m","tools":[${tools[from]}]`));
  const sent = JSON.stringify(findTranslation(from, to)?.request(body).body);
  expect(sent).toContain('"maximum":18446744073709551615,"multipleOf":1.0');
  expect(asText(body['model'])).toBe('m');
});
