import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTranslation } from '#shared/translate/translations.ts';
import { replies, requests, streams } from './scenes.ts';

const folder = join(import.meta.dirname, 'fixtures');
const dialects = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
const pairs = dialects.flatMap((from) => dialects.filter((to) => to !== from).map((to) => [from, to] as const));

/** A person reviewed every line when it was written. It is only rewritten on request. */
function golden(name: string, actual: string): string {
  const path = join(folder, name);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, actual);
  return readFileSync(path, 'utf8');
}

describe.each(pairs)('a client of %s, an upstream of %s', (from, to) => {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  const { tools, ...request } = translation.request(requests[from]);
  const context = { request: requests[from], requestId: 'req_1', createdSeconds: 7, tools };

  test('request', () => {
    const text = `${JSON.stringify(request, null, 2)}\n`;
    expect(text).toBe(golden(`${from}-to-${to}.request.json`, text));
  });

  test('whole reply', () => {
    const text = `${JSON.stringify(translation.reply(replies[to], context).body, null, 2)}\n`;
    expect(text).toBe(golden(`${from}-to-${to}.reply.json`, text));
  });

  test('stream', () => {
    const translator = translation.stream(context);
    const text = streams[to].map((event) => translator.event(event)).join('') + translator.end();
    expect(text).toBe(golden(`${from}-to-${to}.stream.txt`, text));
  });
});
