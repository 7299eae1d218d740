import { describe, expect, test } from 'vitest';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { createMemoryBudget } from '#proxy/body/memory-budget.ts';
import { outboundOf } from '#proxy/upstream/outbound.ts';
import { readFacts, readPassthroughFacts } from '#proxy/request/read-call.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const target = (extra: Partial<HttpTarget> = {}): HttpTarget => ({
  kind: 'http',
  name: 'upstream',
  origin: 'http://x',
  path: '/v1',
  headers: {},
  mayBePrivate: false,
  injectUsage: false,
  ...extra,
});
const callOf = (text: string, dialect: Dialect = 'openai-chat'): Call => {
  const body = Buffer.from(text);
  return { ...testCall(), dialect, body, facts: readFacts(dialect, body) };
};
const sent = async (text: string, extra: Partial<HttpTarget>, dialect?: Dialect) =>
  (await outboundOf(callOf(text, dialect), target(extra))).body.toString();

/** What may stand before the brace. */
const beginnings = ['', ' ', '\n', '\r\n', '\t', '\uFEFF', '\uFEFF \n', '\n'.repeat(2_000)];

describe('the model is replaced, whatever the body begins with (F05)', () => {
  test.each(beginnings.map((beginning) => [JSON.stringify(beginning.slice(0, 8)), beginning]))(
    '%s',
    async (_, beginning) => {
      for (const dialect of [
        'openai-chat',
        'openai-responses',
        'anthropic-messages',
        'openai-embeddings',
        'openai-passthrough',
      ] as const) {
        const body = `${beginning}{ "x":[{"model":"no"}], "model" : "corvus/mesh:a" ,"y":1}\n`;
        expect(await sent(body, { model: 'gpt-5' }, dialect)).toBe(
          `${beginning}{ "x":[{"model":"no"}], "model" : "gpt-5" ,"y":1}\n`,
        );
        expect(await sent(body, {}, dialect)).toBe(body);
      }
    },
  );

  test.each(beginnings.map((beginning) => [JSON.stringify(beginning.slice(0, 8)), beginning]))(
    'and so is what asks for usage: %s',
    async (_, beginning) => {
      const extra = { model: 'gpt-5', injectUsage: true };
      expect(await sent(`${beginning}{"model":"m","stream":true}`, extra)).toBe(
        `${beginning}{"stream_options":{"include_usage":true},"model":"gpt-5","stream":true}`,
      );
      expect(await sent(`${beginning}{"stream":true,"stream_options": {"a":1} ,"model":"m"}`, extra)).toBe(
        `${beginning}{"stream":true,"stream_options": {"a":1,"include_usage":true} ,"model":"gpt-5"}`,
      );
      expect(await sent(`${beginning}{"stream":true,"stream_options":null,"model":"m"}`, extra)).toBe(
        `${beginning}{"stream":true,"stream_options":{"include_usage":true},"model":"gpt-5"}`,
      );
      expect(await sent(`${beginning}{"stream":false,"model":"m"}`, extra)).toBe(
        `${beginning}{"stream":false,"model":"gpt-5"}`,
      );
    },
  );

  test.each(beginnings.map((beginning) => [JSON.stringify(beginning.slice(0, 8)), beginning]))(
    'and a translation reads it: %s',
    async (_, beginning) => {
      const translation = findTranslation('openai-chat', 'anthropic-messages') ?? undefined;
      const body = `${beginning}{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Hi"}]}`;
      const outbound = JSON.parse(await sent(body, { model: 'claude', ...(translation ? { translation } : {}) }));
      expect(outbound).toMatchObject({ model: 'claude', max_tokens: 16 });
    },
  );

  test('a model’s name is written as JSON', async () => {
    expect(await sent('{"model":"m"}', { model: 'a"b\\c' })).toBe('{"model":"a\\"b\\\\c"}');
  });

  test('a form is sent as it came', async () => {
    const body = Buffer.from('--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b--');
    const facts = await readPassthroughFacts(body, 'multipart/form-data; boundary=b');
    const call: Call = { ...testCall(), dialect: 'openai-passthrough', body, facts };
    expect((await outboundOf(call, target({ model: 'gpt-5' }))).body).toBe(body);
  });
});

describe('copies of a body are taken from the memory for bodies too (F03)', () => {
  const large = `{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"${'x'.repeat(400_000)}"}]}`;
  const translation = findTranslation('openai-chat', 'anthropic-messages') ?? undefined;

  test.each<[string, Partial<HttpTarget>, number]>([
    ['sent as it came', {}, 0],
    ['with another model', { model: 'n' }, 1],
    ['translated', translation ? { translation } : {}, 2],
  ])('%s', async (_, extra, copies) => {
    const budget = createMemoryBudget(10_000_000);
    const call = { ...callOf(large), memory: budget.open() };
    const { takenBytes } = await outboundOf(call, target(extra));
    expect(takenBytes).toBe(copies * large.length);
    expect(budget.takenBytes).toBe(takenBytes);
  });

  test('without memory left, the call is refused', async () => {
    for (const extra of [{ model: 'n' }, translation ? { translation } : {}]) {
      const call = { ...callOf(large), memory: createMemoryBudget(100_000).open() };
      await expect(outboundOf(call, target(extra))).rejects.toMatchObject({ code: 'overloaded' });
    }
  });
});
