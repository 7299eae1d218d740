import { onTestFinished } from 'vitest';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import type { RunningCore } from '../gateway/start-core.ts';

export { chatUsage } from '../../support/fakes/provider-answers.ts';

const usualDialects: readonly UpstreamDialect[] = ['openai-chat', 'anthropic-messages'];

/** A provider with a key of one's own (or on this machine), and a local key that is bound to it. */
export async function startMockUpstreamOfOwnKey(
  core: RunningCore,
  { isLocal = false, id = 'mine', dialects = usualDialects } = {},
): Promise<{ upstream: MockUpstream; key: string }> {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const added = {
    id: id as never,
    kind: 'custom',
    baseUrl: upstream.origin,
    custom: { dialects: [...dialects], isLocal },
    key: 'sk-provider-of-mine',
  };
  await core.handlers['providers.add'](added);
  return { upstream, key: await core.newKey(`provider:${id}`) };
}
