import { expect, test } from 'vitest';
import { createEvents, type EventOrigin } from '#backend/runtime/events.ts';

test('an event reaches its subscribers at once, in their order, and no others', () => {
  const events = createEvents();
  const seen: string[] = [];
  events.on('account.changed', ({ accountId }) => void seen.push(`first ${accountId}`));
  events.on('account.changed', ({ accountId }) => void seen.push(`second ${accountId}`));
  events.on('account.held', () => void seen.push('held'));
  events.emit('account.changed', { accountId: 'acct_1' });
  expect(seen).toEqual(['first acct_1', 'second acct_1']);
});

test('a subscriber knows whether another instance made the change', () => {
  const events = createEvents();
  const origins: EventOrigin[] = [];
  events.on('pools.changed', (_, origin) => void origins.push(origin));
  events.emit('pools.changed', null);
  events.emit('pools.changed', null, 'elsewhere');
  expect(origins).toEqual(['here', 'elsewhere']);
});

test('the same function may subscribe twice, and each subscription ends by itself', () => {
  const events = createEvents();
  let calls = 0;
  const count = (): void => void (calls += 1);
  const unsubscribe = events.on('key.changed', count);
  events.on('key.changed', count);
  events.emit('key.changed', { keyHash: 'h' });
  expect(calls).toBe(2);
  unsubscribe();
  events.emit('key.changed', { keyHash: 'h' });
  expect(calls).toBe(3);
});
