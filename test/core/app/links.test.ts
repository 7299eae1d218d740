import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLinksService } from '#core/app/links-service.ts';
import { catalogue } from '#core/providers/place.ts';
import type { NewProvider } from '#shared/domain/provider.ts';
import { parseImportLink } from '#shared/domain/import-link.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { provider } from '../../gallery/samples.ts';

const key = 'sk-corvus-0123456789abcdef';

test.each([
  [`corvusllm://connect?key=${key}`, { does: 'connect', brings: { key } }],
  [
    'corvusllm://provider?kind=openai&key=sk-proj-0123',
    { does: 'provider', brings: { kind: 'openai', key: 'sk-proj-0123' } },
  ],
  [
    'corvusllm://provider?kind=custom&name=lab&base-url=https%3A%2F%2Flab.example%2Fv1&dialect=openai-chat,openai-responses',
    {
      does: 'provider',
      brings: {
        kind: 'custom',
        name: 'lab',
        'base-url': 'https://lab.example/v1',
        dialect: ['openai-chat', 'openai-responses'],
      },
    },
  ],
  ['corvusllm://tool?id=codex', { does: 'tool', brings: { id: 'codex' } }],
])('%s is read', (link, expected) => {
  expect(parseImportLink(link)).toEqual(expected);
});

test.each([
  // A customer key never comes with an address.
  `corvusllm://connect?key=${key}&base-url=https://evil.example`,
  `corvusllm://connect?key=${key}&service=https://evil.example`,
  `corvusllm://connect?key=${key}&key=${key}`,
  'corvusllm://connect?key=sk-proj-0123456789',
  `corvusllm://connect?key=${key}#x`,
  'corvusllm://connect',
  'corvusllm://provider?kind=custom&base-url=javascript:alert(1)&dialect=openai-chat',
  'corvusllm://provider?kind=openai&key=sk%0Aproj-0123456',
  'corvusllm://provider?kind=openai&key=%E2%80%AEsk-proj-0123',
  'corvusllm://provider?kind=openai&key=%',
  'corvusllm://provider?kind=openai&__proto__=1',
  'corvusllm://tool?id=../../etc',
  'corvusllm://settings?theme=dark',
  `corvusllm://provider?kind=openai&key=${'a'.repeat(5_000)}`,
])('%s is refused as a whole', (link) => {
  expect(parseImportLink(link)).toBeNull();
});

test('random links: no crash, and what is read is exactly what may be brought', () => {
  const piece = fc.constantFrom(
    'corvusllm://',
    'connect',
    'provider',
    'tool',
    '?',
    '&',
    '=',
    'key',
    'kind',
    'base-url',
    'id',
    '%00',
    '%',
    '#',
    key,
    'openai',
    'https://evil.example',
  );
  const link = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }).map((text) => `corvusllm://connect?key=${text}`),
    fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
    fc
      .dictionary(fc.constantFrom('kind', 'key', 'base-url', 'name', 'dialect', 'x'), fc.string())
      .map((query) => `corvusllm://provider?${new URLSearchParams(query).toString()}`),
  );
  fc.assert(
    fc.property(link, (text) => {
      const parsed = parseImportLink(text);
      if (parsed?.does === 'connect') expect(Object.keys(parsed.brings)).toEqual(['key']);
      if (parsed) expect(text).toMatch(/^corvusllm:\/\/(connect|provider|tool)\/?\?[\x21-\x7e]+$/);
    }),
    { numRuns: 4_000 },
  );
});

/** The calls that a link leads to, recorded. */
function service() {
  const made: unknown[] = [];
  const added = provider({ id: providerIdSchema.parse('openai') });
  const links = createLinksService({
    emit: (name) => made.push(name),
    handlers: {
      'account.get': async () => ({
        mode: 'hosted',
        baseUrl: 'https://base.corvusllm.com',
        keyHint: '…live',
        hasAccountApi: true,
        seesStatement: true,
        autoTopup: null,
        problem: null,
      }),
      'account.connect': async (input) => {
        made.push(input);
        return {
          mode: 'hosted',
          baseUrl: input.baseUrl,
          keyHint: null,
          hasAccountApi: true,
          seesStatement: true,
          autoTopup: null,
          problem: null,
        };
      },
      'providers.add': async (input: NewProvider) => {
        made.push(input);
        return { ...added, id: input.id };
      },
      'providers.catalogue': async () => catalogue(),
      'providers.list': async () => [added],
      'providers.test': async () => added,
    },
  });
  return { links, made };
}

test('nothing is applied before it was shown and accepted, and only the link that was shown', async () => {
  const { links, made } = service();
  const first = await links['links.open']({ link: `corvusllm://connect?key=${key}` });
  expect(first).toMatchObject({ kind: 'account', warnings: [expect.stringContaining('replaces the account')] });
  expect(JSON.stringify(first)).not.toContain(key);
  expect(made).toEqual(['links.changed']);
  const second = await links['links.open']({ link: 'corvusllm://provider?kind=openai&key=sk-proj-0123' });
  await expect(links['links.accept']({ id: first.id })).rejects.toMatchObject({ code: 'conflict' });
  expect(await links['links.pending'](undefined)).toEqual(second);
  await links['links.dismiss']({ id: second.id });
  await expect(links['links.accept']({ id: second.id })).rejects.toMatchObject({ code: 'conflict' });
  expect(made.filter((call) => typeof call === 'object')).toEqual([]);

  const again = await links['links.open']({ link: `corvusllm://connect?key=${key}` });
  await links['links.accept']({ id: again.id });
  expect(made).toContainEqual({ baseUrl: 'https://base.corvusllm.com', customerKey: key });
});

test('a provider from a link is always a new one, and a known one stays at its address', async () => {
  const { links, made } = service();
  const { id, facts } = await links['links.open']({
    link: 'corvusllm://provider?kind=openai&name=openai&key=sk-proj-0123',
  });
  expect(facts).toContainEqual({ name: 'Address', value: 'https://api.openai.com' });
  await links['links.accept']({ id });
  expect(made).toContainEqual({ id: 'openai-2', kind: 'openai', baseUrl: null, custom: null, key: 'sk-proj-0123' });
  for (const query of [
    'kind=openai&base-url=https://evil.example',
    'kind=no-such-kind&base-url=https://evil.example&dialect=openai-chat',
    'kind=custom&dialect=openai-chat',
    'kind=custom&base-url=https://lab.example',
  ]) {
    await expect(links['links.open']({ link: `corvusllm://provider?${query}` }), query).rejects.toMatchObject({
      code: 'bad_request',
    });
  }
  const link = 'corvusllm://provider?kind=custom&name=lab&base-url=https://lab.example/v1&dialect=openai-chat';
  expect(await links['links.open']({ link })).toMatchObject({
    title: 'Add the provider lab',
    warnings: [expect.stringContaining('lab.example')],
  });
});
