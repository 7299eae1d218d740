import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { pageProofText } from '#shared/contract/page-proof.ts';
import { createEventStreams } from '../../../../src/main/host/dashboard/event-stream.ts';
import { createSessions, sessionLifetimeMs } from '../../../../src/main/host/dashboard/sessions.ts';
import { nodeRandom } from '../../../../src/main/host/node-ports.ts';
import { heldClock } from '../../../support/held-clock.ts';
import { stubCore } from '../../../support/stub-core.ts';

const host = '127.0.0.1:4477';

test('an event stream ends when its login becomes too old; that of a command goes on (F04)', async () => {
  const { clock, periodic, advance } = heldClock();
  const sessions = createSessions({
    clock,
    random: nodeRandom,
    file: { read: async () => [], write: async () => undefined },
    onEnd: () => undefined,
  });
  const { cookie = '', token = '' } = (await sessions.redeem(sessions.issueCode())) ?? {};
  const { challenge = '' } = sessions.challenge(cookie, 'n'.repeat(16), host) ?? {};
  const key = createHash('sha256').update(token).digest();
  const answer = createHmac('sha256', key).update(pageProofText({ challenge, host })).digest('hex');
  const session = sessions.find(cookie, answer, host) ?? '';
  expect(session).not.toBe('');

  const streams = createEventStreams(stubCore({}), clock, (id) => sessions.isTooOld(id));
  const page = streams.open(session).getReader();
  const command = streams.open('commands').getReader();
  const beat = () => periodic.forEach((task) => task());
  beat();
  expect([(await page.read()).done, (await page.read()).done]).toEqual([false, false]);
  advance(sessionLifetimeMs);
  beat();
  expect((await page.read()).done).toBe(true);
  // Its greeting and both heartbeats.
  for (let event = 0; event < 3; event += 1) expect((await command.read()).done).toBe(false);
  streams.closeAll();
});
