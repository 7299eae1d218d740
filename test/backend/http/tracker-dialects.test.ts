import { expect, test } from 'vitest';
import { z } from 'zod';
import { chat, startTestBackend } from '../start-test-backend.ts';

/** Answers as the documentation of each service shows them; a tracker written for it reads these members. */
const openRouter = z.object({ data: z.object({ total_credits: z.number(), total_usage: z.number() }) });
const vercel = z.object({ balance: z.string(), total_used: z.string() });

test('GET /v1/credits: what trackers of OpenRouter and of Vercel read is the balance', async () => {
  await using service = await startTestBackend();
  await service.call('/v1/chat/completions', { body: chat('Hello') });
  const answer = await (await service.call('/v1/credits')).json();
  const { balance, total_used: used } = vercel.parse(answer);
  expect({ balance, used }).toEqual({ balance: '24.999967', used: '0.000033' });
  expect(openRouter.parse(answer).data).toEqual({ total_credits: 25, total_usage: 0.000033 });
  expect((await service.call('/v1/credits', { key: 'sk-corvus-wrong' })).status).toBe(401);
});
