import { describe, expect, test } from 'vitest';
import { inspectRequest } from '#backend/inference/features/inspect-request.ts';
import { cachingOf } from '#backend/inference/features/request-bounds.ts';
import { outlineInTurns } from '#backend/inference/features/outline.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';

const chat = 'openai-chat';
const responses = 'openai-responses';
const messages = 'anthropic-messages';

/** Every letter as an escape. */
const escaped = (name: string) =>
  [...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const firstEscaped = (name: string) => `${escaped(name.slice(0, 1))}${name.slice(1)}`;
const says = (part: string) => `"messages":[{"role":"user","content":[${part}]}]`;
const gives = (part: string) => `"input":[{"role":"user","content":[${part}]}]`;
/** The same in a body that is read in turns. */
const padding = `"user":"${'p'.repeat(300_000)}"`;

/** What is refused in a body, small or large; null: nothing is. */
async function refusalOf(
  dialect: Dialect,
  members: string,
  more: string,
): Promise<[string, string | undefined] | null> {
  const body = Buffer.from(`{"model":"m",${more}${members}}`);
  try {
    inspectRequest({ dialect, body, facts: readFacts(dialect, body) }, await outlineInTurns(body));
    return null;
  } catch (error) {
    if (!(error instanceof CorvusError)) throw error;
    return [error.code, error.details.param];
  }
}

const refused: readonly [Dialect, string, string][] = [
  // Names whose letters are written as escapes, whole or in part: the longest were cut before they were compared.
  ...[firstEscaped, escaped].flatMap((write): [Dialect, string, string][] => [
    [chat, says(`{"type":"text","text":"x","${write('image_url')}":{"url":"https://a/b"}}`), 'image_url'],
    [chat, says(`{"type":"text","text":"x","${write('file')}":{"file_id":"f"}}`), 'file'],
    [responses, gives(`{"type":"input_file","${write('file_url')}":"https://a/b"}`), 'file_url'],
    [responses, gives(`{"type":"input_file","${write('file_data')}":"AA"}`), 'file_data'],
    [responses, `"tools":[{"type":"function","name":"f","${write('vector_store_ids')}":["v"]}]`, 'vector_store_ids'],
    [
      messages,
      `"messages":[],"tools":[{"type":"web_search_20250305","name":"s","${write('max_uses')}":900}]`,
      'max_uses',
    ],
    [messages, says(`{"type":"text","text":"x","${write('cache_control')}":{"type":"ephemeral"}}`), 'cache_control'],
    [chat, says(`{"type":"input_audio","${write('input_audio')}":{"data":"AA","format":"wav"}}`), 'input_audio'],
  ]),
  // Twice in one object: which one counts is for each reader to say.
  [chat, says('{"type":"text","text":"x","type":"text"}'), 'type'],
  [chat, says('{"type":"image_url","image_url":{"url":"https://a/b","url":"data:image/png;base64,AA"}}'), 'url'],
  [messages, '"messages":[],"tools":[{"type":"mcp_toolset","type":"custom","name":"x"}]', 'type'],
  [
    messages,
    '"messages":[],"tools":[{"type":"web_search_20250305","name":"s","max_uses":900,"max_uses":1}]',
    'max_uses',
  ],
  [messages, says('{"type":"tool_use","id":"t","name":"f","input":{"__proto__":1,"__proto__":2}}'), '__proto__'],
  // Otherwise than it is written in the dialect.
  [chat, says('{"type":"text","text":"x","imageUrl":{"url":"https://a/b"}}'), 'messages[0].content[0].imageUrl'],
  [chat, says('{"type":"file","file":{"fileId":"f"}}'), 'messages[0].content[0].file.fileId'],
  [chat, says('{"type":"file","file":{"ＦＩＬＥ_id":"f"}}'), 'messages[0].content[0].file.ＦＩＬＥ_id'],
  [responses, '"input":"x","tools":[{"type":"function","name":"f","maxUses":3}]', 'tools[0].maxUses'],
  // Counts that one upstream reads as a number and another does not.
  ...['"900"', '2.5', '-1', 'true', '[900]'].flatMap((count): [Dialect, string, string][] => [
    [responses, `"input":"x","tools":[{"type":"web_search"}],"max_tool_calls":${count}`, 'max_tool_calls'],
    [
      messages,
      `"messages":[],"tools":[{"type":"web_search_20250305","name":"s","max_uses":${count}}]`,
      'tools[0].max_uses',
    ],
  ]),
];

describe('what is read otherwise by some upstream is refused wherever it stands, in small and large bodies (F16)', () => {
  test.each(refused)('%s %s', async (dialect, members, param) => {
    expect((await refusalOf(dialect, members, ''))?.[1]).toBe(param);
    const free = dialect === messages ? padding.replace('"user"', '"diagnostics"') : padding;
    expect((await refusalOf(dialect, members, `${free},`))?.[1]).toBe(param);
  });

  test.each<[Dialect, string]>([
    [chat, says('{"type":"text","text":"\\u0069mage_url","name\\n":1,"\\u00fcber":2}')],
    [chat, says('{"type":"text","text":"x"},{"type":"text","text":"x"}')],
    [messages, says('{"type":"tool_use","id":"t","name":"f","input":{"__proto__":1,"constructor":2}}')],
    [messages, '"messages":[],"tools":[{"type":"web_search_20250305","name":"s","max_uses":null}]'],
  ])('what has one reading passes: %s %s', async (dialect, members) => {
    expect(await refusalOf(dialect, members, '')).toBeNull();
  });

  test('a byte order mark before the body is no part of it', async () => {
    const body = Buffer.from(`\ufeff{"model":"m",${says('{"type":"text","text":"x"}')}}`);
    expect(inspectRequest({ dialect: chat, body, facts: readFacts(chat, body) })).toMatchObject({ pictures: 0 });
  });

  test('sound is asked for by anything but a list without it', async () => {
    const body = Buffer.from('{"model":"m","messages":[],"modalities":"audio"}');
    expect(inspectRequest({ dialect: chat, body, facts: readFacts(chat, body) })).toMatchObject({ asksForAudio: true });
  });
});

test.each(['"1h"', String.raw`"\u0031h"`, String.raw`"1\u0068"`, String.raw`"\u0031\u0068"`])(
  'an hour in a cache is one, however it is written: %s',
  (written) => {
    const asking = (ttl: string) => Buffer.from(`{"cache_control":{"type":"ephemeral","ttl":${ttl}}}`);
    expect(cachingOf(asking(written))).toBe('cacheWrite1h');
    expect(cachingOf(asking('"5m"'))).toBe('cacheWrite5m');
    expect(cachingOf(Buffer.from(`{"ttl":${written}}`))).toBeNull();
  },
);
