import type { Provider } from '#shared/domain/provider.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { hourMs, minuteMs } from '#shared/time.ts';
import { LocalServers } from '../../../src/renderer/features/providers/local-servers.tsx';
import { ProviderCard } from '../../../src/renderer/features/providers/provider-card.tsx';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { usageSums } from '../usage-samples.ts';
import { longText, nowMs, provider, providerKey } from '../samples.ts';

const asOfMs = nowMs - 600_000;
const failed = {
  atMs: nowMs - minuteMs,
  ok: false,
  message: 'OpenAI refused the key (401). Enter another one.',
  latencyMs: null,
};

const cards: Readonly<Record<string, Partial<Provider>>> = {
  tested: {},
  'not tested': { lastTest: null, models: null },
  'test failed': { lastTest: failed },
  'key not readable': { keys: [providerKey({ isReadable: false })], lastTest: null },
  'without a key': { keys: [] },
  'several keys': {
    keys: [
      providerKey({ weight: 3 }),
      providerKey({
        name: 'second',
        hint: '…p0Lq',
        health: {
          coolingUntilMs: nowMs + 42_000,
          lastFailure: { atMs: nowMs - 18_000, model: 'gpt-5.5', httpStatus: 429 },
        },
      }),
      providerKey({
        name: 'a-key-with-the-longest-name-that-is-allow',
        priority: 1,
        health: { coolingUntilMs: null, lastFailure: { atMs: nowMs - 600_000, model: longText, httpStatus: null } },
      }),
    ],
  },
  local: {
    id: providerIdSchema.parse('ollama'),
    kind: 'ollama',
    isLocal: true,
    keys: [],
    baseUrl: 'http://127.0.0.1:11434/v1',
  },
  'with a balance': { balance: { left: { amount: '18.274', currency: 'USD' }, asOfMs, problem: null } },
  'with a balance in euros': { balance: { left: { amount: '1234567.5', currency: 'EUR' }, asOfMs, problem: null } },
  'balance unknown': { balance: { left: null, asOfMs, problem: 'The key may not read the balance.' } },
  'long values': {
    id: providerIdSchema.parse('a-provider-with-the-longest-name-allowed'),
    baseUrl: `https://${'a'.repeat(60)}.example.com/openai/deployments/${longText}`,
    lastTest: { ...failed, message: `The address https://${longText}.example.com was not found.` },
    dialects: ['openai-chat', 'openai-responses', 'anthropic-messages'],
  },
};

const found = answer('providers.discover', undefined, [
  { kind: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434', models: 3 },
  { kind: 'lm-studio', name: 'LM Studio', baseUrl: 'http://127.0.0.1:1234', models: null },
]);

const usage = { sums: usageSums(3), filter: { provider: 'openai', fromMs: nowMs - hourMs, toMs: nowMs } };

export const providers: Group = {
  id: 'providers',
  name: 'Providers',
  entries: [
    entry('Found on this machine', <LocalServers takenIds={[]} />, found),
    ...Object.entries(cards).map(([name, change]) =>
      entry(
        `Provider, ${name}`,
        <ul className="max-w-xl">
          <ProviderCard provider={provider(change)} kindName={name === 'long values' ? null : 'OpenAI'} usage={usage} />
        </ul>,
      ),
    ),
  ],
};
