import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { askAgain } from '../../../src/renderer/lib/query.ts';
import { whenSeen } from '../../../src/renderer/lib/when-seen.ts';

test('an event that comes while an answer is under way is followed by another question', async () => {
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } });
  const answers: ((value: number) => void)[] = [];
  const queryFn = () => new Promise<number>((resolve) => answers.push(resolve));
  const observer = new QueryObserver(client, { queryKey: ['keys.list', null], queryFn });
  const leave = observer.subscribe(() => undefined);
  expect(answers).toHaveLength(1);

  const again = askAgain(client, 'keys.list');
  expect(answers).toHaveLength(1);
  answers[0]?.(1);
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.(2);
  await again;
  expect(observer.getCurrentResult().data).toBe(2);

  const once = askAgain(client, 'keys.list');
  answers[2]?.(3);
  await once;
  expect(answers).toHaveLength(3);
  leave();
});

test('a hidden page asks nothing, and once when it is seen again, however many events came', () => {
  const page = Object.assign(new EventTarget(), { hidden: true });
  let asked = 0;
  const { run, stop } = whenSeen(() => (asked += 1), page);
  const show = (isShown: boolean) => {
    page.hidden = !isShown;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  run();
  run();
  expect(asked).toBe(0);
  show(true);
  expect(asked).toBe(1);
  show(false);
  show(true);
  expect(asked).toBe(1);
  run();
  expect(asked).toBe(2);
  show(false);
  run();
  stop();
  show(true);
  expect(asked).toBe(2);
});
