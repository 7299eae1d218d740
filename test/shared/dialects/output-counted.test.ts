import { expect, test } from 'vitest';
import { asObject } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import anthropic from '../../support/schemas/anthropic.schema.json' with { type: 'json' };
import openai from '../../support/schemas/openai.schema.json' with { type: 'json' };
import { samplesOf, type Schema } from './schema-samples.ts';

type Schemas = Readonly<Record<string, Schema>>;

const openaiSchemas = openai.$defs as unknown as Schemas;
const anthropicSchemas = anthropic.$defs as unknown as Schemas;
const text = 'words '.repeat(20);

/** What of the published schemas is open text and no output, and why. A path that no entry names must be counted. */
const notOutput: readonly (readonly [path: RegExp, reason: string])[] = [
  [/(^|\.)(id|[a-z_]+_id|fingerprint|created_by)$/, 'names something; the model did not write it'],
  [/(^|\.)logprobs\b/, 'the tokens of the text once more'],
  [/(^|\.)(model|service_tier|system_fingerprint)$/, 'who answered'],
  [/(^|\.)obfuscation$/, 'padding'],
  [/(^|\.)error(\.|$)/, 'an error is never charged'],
  [/(^|\.)(server_label|namespace)$/, 'which server of tools was called; the tool itself is counted'],
  [/(^|\.)tools\[\]/, 'what a server of tools offers, and what the request offered: the model reads it'],
  [
    /^(response\.)?(instructions|metadata|prompt|prompt_cache_key|safety_identifier|user|text|tool_choice|reasoning|conversation|moderation)\b/,
    'the request once more',
  ],
  [/(^|\.)container\.(expires_at|skills)\b/, 'where a tool ran'],
  [/(^|\.)(encrypted_content|encrypted_index|encrypted_stdout)$/, 'what a tool found, sealed: the model reads it'],
  [/(^|\.)stop_(sequence|details\b.*)$/, 'why it stopped'],
  [/(^|\.)usage\b/, 'the count itself'],
];

const roots: readonly (readonly [dialect: Dialect, isWhole: boolean, schemas: Schemas, root: string])[] = [
  ['openai-chat', false, openaiSchemas, 'CreateChatCompletionStreamResponse'],
  ['openai-chat', true, openaiSchemas, 'CreateChatCompletionResponse'],
  ['openai-completions', false, openaiSchemas, 'CreateCompletionResponse'],
  ['openai-completions', true, openaiSchemas, 'CreateCompletionResponse'],
  ['openai-responses', false, openaiSchemas, 'ResponseStreamEvent'],
  ['openai-responses', true, openaiSchemas, 'Response'],
  ['anthropic-messages', false, anthropicSchemas, 'RawMessageStreamEvent'],
  ['anthropic-messages', true, anthropicSchemas, 'Message'],
];

/** How much a sample's text adds to what is measured of it. */
function counted(dialect: Dialect, isWhole: boolean, value: unknown): number {
  const { sizeOfReply, createMeter } = dialectReaders[dialect];
  const size = (json: unknown) =>
    isWhole ? sizeOfReply(asObject(json) ?? {}) : createMeter().take(asObject(json) ?? {});
  return size(value) - size(JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(text), '""')));
}

const found = roots.flatMap(([dialect, isWhole, schemas, root]) =>
  samplesOf(schemas, root, text).map(({ value, path }) => {
    const size = counted(dialect, isWhole, value);
    return {
      root,
      path,
      type: asObject(value)?.['type'],
      size,
      isException: notOutput.some(([pattern]) => pattern.test(path)),
    };
  }),
);

test.each(roots.map(([dialect, , , root]) => [root, dialect]))(
  'every text of %s that is output is counted (%s) (F02)',
  (asked) => {
    const here = found.filter(({ root }) => root === asked);
    expect(here.length).toBeGreaterThan(4);
    expect(here.filter(({ size, isException }) => size <= 0 && !isException)).toEqual([]);
  },
);

test('every exception is needed', () => {
  const free = found.filter(({ size }) => size <= 0);
  expect(notOutput.filter(([pattern]) => !free.some(({ path }) => pattern.test(path)))).toEqual([]);
});
