import { expect, test } from 'vitest';
import type { PoolFamily } from '#shared/domain/dialect.ts';
import { canary, echoingAnswers, longestHarmless, longestLeak } from '../../support/fakes/echoing-answers.ts';
import { startRawUpstream } from '../../support/fakes/raw-upstream.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';

const paths = [
  ['/v1/chat/completions', 'gpt-5.5'],
  ['/v1/responses', 'gpt-5.5'],
  ['/anthropic/v1/messages', 'claude-opus-4.6'],
] as const;

const logged: string[] = [];
const note = (event: string, facts?: object) => void logged.push(event + JSON.stringify(facts));

// A separate service for each: a credential that an upstream refuses is not used again.
test.each(Object.entries(echoingAnswers))(
  'whatever an upstream answers with the service’s key in it, no customer, receipt or log sees it: %s (F13, A25)',
  async (name, bytes) => {
    const upstream = await startRawUpstream();
    upstream.answer(bytes);
    const of = (dialectFamily: PoolFamily) => [
      { name: dialectFamily, baseUrl: `${upstream.origin}/v1`, dialectFamily, apiKey: canary, priority: 0, weight: 1 },
    ];
    await using service = await startTestBackend({
      pools: { openai: of('openai'), anthropic: of('anthropic') },
      logger: { info: note, warn: note, error: note },
    });
    for (const [path, model] of paths) {
      const reply = await service.call(path, { body: chat('Hi', { model, max_tokens: 9, input: 'Hi' }) });
      const text = await reply.text().catch(String);
      const output = `${reply.status} ${reply.statusText} ${JSON.stringify([...reply.headers])} ${text}`;
      expect(longestLeak(output), output).toBeLessThanOrEqual(longestHarmless);
      const receipt = await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`);
      expect(longestLeak(await receipt.text())).toBeLessThanOrEqual(longestHarmless);
    }
    for (const path of ['/v1/account/ledger', '/metrics', '/v1/models']) {
      expect(longestLeak(await (await service.call(path)).text())).toBeLessThanOrEqual(longestHarmless);
    }
    expect(longestLeak(logged.join('\n'))).toBeLessThanOrEqual(longestHarmless);
  },
);
