import { dayMs, hourMs } from '#shared/time.ts';
import { Card } from '../../../src/renderer/components/card.tsx';
import { KeyTable } from '../../../src/renderer/features/keys/key-table.tsx';
import { SnippetTabs } from '../../../src/renderer/features/keys/snippet-tabs.tsx';
import { answer } from '../answers.ts';
import { recentUsage } from '../usage-samples.ts';
import { entry, type Group } from '../entry.ts';
import { localKey, nowMs } from '../samples.ts';

const limits = {
  requestsPerMinute: 1_000,
  tokensPerMinute: 2_000_000,
  concurrency: 32,
  models: ['gpt-*', 'claude-haiku-4-5'],
  expiresAtMs: nowMs + 30 * dayMs,
  maxCostUsd: '0.25',
  waitMinutes: 10,
  switchLane: 'ask' as const,
  stopsLoops: true,
};
const various = [
  localKey(1),
  localKey(2, { label: 'Never used', lastUsedAtMs: null, route: 'prepaid' }),
  localKey(3, {
    label: 'Nightly research agent of the platform team, second attempt',
    route: 'provider:a-provider-with-a-long-name',
    limits,
  }),
];
const revoked = localKey(4, { label: 'Old laptop', revokedAtMs: nowMs - dayMs });
const status = answer('app.status', undefined, {
  version: '0.1.0',
  gatewayUrl: 'http://127.0.0.1:4477',
  ollama: null,
  homePath: '/home/ada/.local/share/corvusllm',
  startedAtMs: nowMs - hourMs,
  pid: 4242,
  mode: 'hosted',
  secretBackend: 'The keychain of this computer',
  notices: [],
});

export const keys: Group = {
  id: 'keys',
  name: 'Keys',
  entries: [
    entry(
      'Keys',
      <Card title="Local keys" isFlush>
        <KeyTable keys={[...various, revoked]} />
      </Card>,
      recentUsage('localKeyId', [localKey(1).id, localKey(2).id]),
    ),
    entry(
      'Keys, all revoked',
      <Card title="Local keys" isFlush>
        <KeyTable keys={[revoked]} />
      </Card>,
    ),
    entry('Examples for tools', <SnippetTabs secret="sk-local-your-key" />, status),
    entry('Examples for tools, loading', <SnippetTabs secret="sk-local-your-key" />),
  ],
};
