import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventTypes } from '#backend/stripe/stripe-events.ts';

test('docs/billing.md names exactly the events that are read, and Stripe lists them in one question', () => {
  const text = readFileSync(new URL('../../../docs/billing.md', import.meta.url), 'utf8');
  const listed = /<!-- events -->([\s\S]*)<!-- \/events -->/.exec(text)?.[1] ?? '';
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).toEqual(eventTypes);
  expect(eventTypes.length).toBeLessThanOrEqual(20);
});
