import { describe, expect, test } from 'vitest';
import { namePlan, readFacts } from '#proxy/request/read-call.ts';
import { type Dialect, dialectSchema } from '#shared/domain/dialect.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import { post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';

/** Bodies of the others are never sent on as they came, or name no model. */
const dialects = dialectSchema.exclude([
  'gemini',
  'gemini-count-tokens',
  'gemini-embeddings',
  'ollama-chat',
  'ollama-generate',
  'ollama-embeddings',
]).options;
const paths: Readonly<Record<(typeof dialects)[number], string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'openai-responses': '/v1/responses',
  'openai-passthrough': '/v1/images/generations',
  'anthropic-messages': '/v1/messages',
  'anthropic-count-tokens': '/v1/messages/count_tokens',
};

interface Refused {
  code: string;
  param: string | undefined;
}

function refusalOf(dialect: Dialect, members: string): Refused | null {
  try {
    readFacts(dialect, Buffer.from(`{"model":"m",${members}}`));
    return null;
  } catch (error) {
    if (!(error instanceof CorvusError)) throw error;
    return { code: error.code, param: error.details.param };
  }
}

/** A good value for each member that is read at the top of a body. */
const read: Readonly<Record<string, string>> = {
  stream: 'true',
  stream_options: '{"include_usage":true}',
  stream_format: '"sse"',
  max_tokens: '16',
  max_completion_tokens: '16',
  max_output_tokens: '16',
  n: '2',
  best_of: '2',
  service_tier: '"flex"',
  prompt_cache_key: '"k"',
  metadata: '{"user_id":"u"}',
  user: '"u"',
  tools: '[]',
};

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const escaped = (name: string) => `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
/**
 * What some reader takes for the name: by case (Go, .NET), as camelCase (protobuf), trimmed, up to NUL (C), as a list
 * (PHP).
 */
const spellings = (name: string): string[] => {
  const capital = name.slice(0, 1).toUpperCase() + name.slice(1);
  const all = [
    name.toUpperCase(),
    capital,
    name.replace(/(^|_)\w/g, (start) => start.toUpperCase()),
    camel(name),
    camel(capital),
    name.replaceAll('_', '-'),
    name.replaceAll('_', ''),
    `${name} `,
    ` ${name}`,
    `${name}\\n`,
    `${name}\\u0000`,
    `${name}\\u0000x`,
    `${name}[]`,
    escaped(name),
    escaped(name).toUpperCase().replace('\\U', '\\u'),
    name.replace(/.$/, (last) => `\\u${last.charCodeAt(0).toString(16).padStart(4, '0')}`),
    name.replace('s', 'ſ'),
    name.replace('k', '\u212a'),
    `\ufeff${name}`,
    `${name}\u200b`,
  ];
  return [...new Set(all)].filter((spelling) => spelling !== name);
};

describe('a member that is read is spelled exactly, or refused with its name (F16)', () => {
  test.each(Object.keys(read))('%s, in every dialect and spelling', (name) => {
    for (const dialect of dialects) {
      expect(refusalOf(dialect, `"${name}":${read[name]}`), `${dialect} ${name}`).toBeNull();
      for (const spelling of spellings(name)) {
        expect(refusalOf(dialect, `"${spelling}":${read[name]}`), `${dialect} ${spelling}`).toEqual({
          code: 'bad_request',
          param: name,
        });
        expect(refusalOf(dialect, `"${name}":${read[name]},"${spelling}":${read[name]}`)).toEqual({
          code: 'bad_request',
          param: name,
        });
      }
    }
  });

  test.each(spellings('model'))('model written as %j', (spelling) => {
    for (const dialect of dialects) {
      const read = () => readFacts(dialect, Buffer.from(`{"${spelling}":"m"}`));
      expect(read).toThrow(
        expect.objectContaining({ code: 'bad_request', details: expect.objectContaining({ param: 'model' }) }),
      );
    }
  });

  test.each([
    ['stream_options', 'include_usage', 'true'],
    ['metadata', 'user_id', '"u"'],
  ])('within %s, %s', (outer, name, value) => {
    for (const spelling of spellings(name)) {
      expect(refusalOf('openai-chat', `"${outer}":{"${spelling}":${value}}`), spelling).toEqual({
        code: 'bad_request',
        param: name,
      });
    }
    expect(refusalOf('openai-chat', `"${outer}":{"${name}":${value},"${name}":${value}}`)).toEqual({
      code: 'bad_request',
      param: name,
    });
    expect(refusalOf('openai-chat', `"${outer}":{"other":{"${name.toUpperCase()}":1}}`)).toBeNull();
  });

  test('other members may have any name', () => {
    expect(
      refusalOf(
        'openai-chat',
        '"temperature":1,"Temperature2":1,"x-custom":1,"modalities":["text"],"maximum":1,"streams":1',
      ),
    ).toBeNull();
    expect(
      refusalOf('openai-chat', '"messages":[{"role":"user","Model":"x","MAX_TOKENS":1,"content":"hi"}]'),
    ).toBeNull();
  });
});

describe('a member that is read has exactly its type (F16)', () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    stream: ['1', '0', '"true"', '"false"', '"1"', '"yes"', '""', '[]', '[true]', '{}', '1.0', '-1'],
    stream_options: [
      'true',
      '1',
      '"x"',
      '[]',
      '[{"include_usage":true}]',
      '{"include_usage":1}',
      '{"include_usage":"true"}',
      '{"include_usage":[]}',
      '{"include_usage":{}}',
    ],
    stream_format: ['1', 'true', '[]', '{}', '["sse"]'],
    max_tokens: [
      '"16"',
      '"x"',
      '1e1',
      '1E1',
      '0.1e2',
      '1.5',
      '16.5',
      '-0',
      '-2',
      '-1.0',
      '-16',
      '9007199254740993',
      '18446744073709551617',
      '1e999',
      'true',
      '[]',
      '[16]',
      '{}',
    ],
    n: ['"3"', '0', '-1', '1.5', '1e1', '1e999', 'true', '[]', '{}', '9007199254740993'],
    service_tier: ['1', 'true', '[]', '["flex"]', '{}'],
    model: ['1', 'null', 'true', '[]', '["m"]', '{}', '""'],
  };
  const all = {
    ...wrong,
    max_completion_tokens: wrong['max_tokens'],
    max_output_tokens: wrong['max_tokens'],
    best_of: wrong['n'],
  };
  test.each(Object.entries(all))('%s', (name, values = []) => {
    for (const dialect of dialects) {
      for (const value of values) {
        const members = `{${name === 'model' ? '' : '"model":"m",'}"${name}":${value}}`;
        const param = value.includes('include_usage') && value.startsWith('{') ? 'include_usage' : name;
        const read = () => readFacts(dialect, Buffer.from(members));
        expect(read, `${dialect} ${members}`).toThrow(
          expect.objectContaining({ code: 'bad_request', details: expect.objectContaining({ param }) }),
        );
      }
    }
  });

  test('null equals an absent member, and a whole number may be written with a decimal point', () => {
    for (const name of Object.keys(read)) expect(refusalOf('openai-chat', `"${name}":null`), name).toBeNull();
    expect(readFacts('openai-chat', Buffer.from('{"model":"m","max_tokens":16.0,"stream":null}'))).toMatchObject({
      maxOutputTokens: 16,
      isStream: false,
    });
    expect(refusalOf('openai-chat', '"stream_options":{"include_usage":null}')).toBeNull();
    expect(refusalOf('openai-chat', '"max_tokens":0')).toBeNull();
  });

  test('a value that is too long to be valid is not parsed', () => {
    const long = `[${'[],'.repeat(5_000)}[]]`;
    for (const name of ['stream', 'stream_options', 'max_tokens', 'n', 'service_tier', 'stream_format'])
      expect(refusalOf('openai-chat', `"${name}":${long}`)).toEqual({ code: 'bad_request', param: name });
    expect(refusalOf('openai-chat', `"service_tier":"${'x'.repeat(5_000)}"`)).toEqual({
      code: 'bad_request',
      param: 'service_tier',
    });
  });
});

test('a duplicate member is refused with its name, read here or not (F16)', () => {
  for (const dialect of dialects) {
    for (const [name, value] of [...Object.entries(read), ['temperature', '1'], ['messages', '[]']]) {
      expect(refusalOf(dialect, `"${name}":${value},"${name}":${value}`), `${dialect} ${name}`).toEqual({
        code: 'bad_request',
        param: name,
      });
    }
    expect(refusalOf(dialect, '"model":"n"')).toEqual({ code: 'bad_request', param: 'model' });
    expect(refusalOf(dialect, '"temp\\u0065rature":1,"temperature":1')).toEqual({
      code: 'bad_request',
      param: 'temperature',
    });
  }
});

test('of two output limits the hold covers the larger, whichever an upstream applies', () => {
  const limit = (members: string) => readFacts('openai-chat', Buffer.from(`{"model":"m",${members}}`)).maxOutputTokens;
  expect(limit('"max_tokens":9000,"max_completion_tokens":1')).toBe(9000);
  expect(limit('"max_tokens":1,"max_completion_tokens":9000')).toBe(9000);
  expect(limit('"max_tokens":5')).toBe(5);
  expect(limit('"max_completion_tokens":5,"max_tokens":null')).toBe(5);
});

describe('the members of the modes’ endpoints (F16)', () => {
  const refusal = (mode: PlanMode, body: string) =>
    namePlan(mode, Buffer.from(body)).then(
      () => null,
      (error: unknown) => (error instanceof CorvusError ? error.details.param : String(error)),
    );
  test.each([
    ['{"models":"a"}', 'models'],
    ['{"models":["a",1]}', 'models'],
    ['{"models":{"0":"a"}}', 'models'],
    ['{"Models":["a"]}', 'models'],
    ['{"models":["a"],"models":["b"]}', 'models'],
    ['{"contestants":"a"}', 'contestants'],
    ['{"models":["a"],"judge":1}', 'judge'],
    ['{"models":["a"],"Judge":"b"}', 'judge'],
    ['{"models":["a"],"judge":["b"]}', 'judge'],
    ['{"models":["a"],"synthesizer":true,"judge":null}', 'synthesizer'],
    ['{"MODEL":"a","models":["a"]}', 'model'],
  ])('%s', async (body, param) => {
    expect(await refusal('judge', body)).toBe(param);
  });

  test('a plan is spelled out behind whatever the body begins with', async () => {
    const named = await namePlan('compare', Buffer.from('\n { "models":["a","b"],"messages":[]}'));
    expect(named.toString()).toBe('\n {"model":"corvus/compare:a,b", "models":["a","b"],"messages":[]}');
  });
});

describe('a request cannot decide where a credential goes (A13)', () => {
  const names = ['api_base', 'base_url', 'api_key', 'extra_headers'];
  const places: readonly [string, (member: string) => string][] = [
    ['at the top', (member) => member],
    ['in an object', (member) => `"extra_body":{${member}}`],
    ['in a list', (member) => `"fallbacks":["a",{${member}}]`],
    ['far below', (member) => `"user_config":{"model_list":[{"litellm_params":{${member}}}]}`],
    ['in the metadata', (member) => `"metadata":{${member}}`],
    ['in the options of a stream', (member) => `"stream_options":{${member}}`],
  ];
  test.each(places)('%s', (_, place) => {
    for (const name of names) {
      for (const spelling of [name, ...spellings(name)]) {
        for (const dialect of dialects) {
          const refusal = refusalOf(dialect, place(`"${spelling}":"http://evil"`));
          expect(refusal, `${dialect} ${spelling}`).toEqual({ code: 'unknown_parameter', param: name });
        }
      }
    }
  });

  test('message content and tool arguments may use any name', () => {
    const call = '{"type":"tool_use","id":"t","name":"deploy","input":{"base_url":"https://x","api_key":"y"}}';
    const tool =
      '{"type":"function","function":{"name":"deploy","parameters":{"type":"object","properties":{"api_key":{"type":"string"}}}}}';
    expect(
      refusalOf('openai-chat', `"messages":[{"role":"assistant","content":[${call}]}],"tools":[${tool}]`),
    ).toBeNull();
  });

  test.each(['?api_base=http://evil', '?x=1&API_KEY=k', '?base%5Furl=x', '?extra_headers[]=x'])(
    'in a query that is passed on: %s',
    async (query) => {
      const gateway = await startGateway();
      const reply = await post(gateway.url, `/v1/files${query}`, '');
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { code: 'unknown_parameter' } });
      expect(gateway.upstream.received).toHaveLength(0);
    },
  );
});

test.each(dialects)('a refusal of %s reaches the client in its dialect, and no upstream is asked', async (dialect) => {
  const gateway = await startGateway();
  const reply = await post(gateway.url, paths[dialect], '{"model":"m","Max_Tokens":16}');
  expect(reply.status).toBe(400);
  const { error } = JSON.parse(reply.body.toString());
  expect(error).toMatchObject({ type: 'invalid_request_error', message: expect.stringContaining('"max_tokens"') });
  expect(gateway.upstream.received).toHaveLength(0);
  expect(gateway.outcomes).toHaveLength(0);
});

test('an accepted body reaches an upstream of the same dialect byte for byte', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const bodies = [
    ' \r\n\t{ "model" : "m" , "stream" : null, "max_tokens":16.0 , "messages" : [ ] }\n\n',
    '{"messages":[{"role":"user","content":"\\u0041\\ud83e\\udd89 \\ud800"}],"model":"m","temperature":1e999}',
    '\uFEFF{"model":"m","messages":[],"metadata":{"a":{"A":1}},"x":[1E5,-0,0.10]}',
  ];
  for (const body of bodies) {
    gateway.upstream.script({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' });
    await post(gateway.url, paths['openai-chat'], body);
    expect(gateway.upstream.received.at(-1)?.body.equals(Buffer.from(body))).toBe(true);
  }
});
