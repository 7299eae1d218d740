import { expect, test } from 'vitest';
import { forgettingRepeats } from '#core/repeats/forget-repeats.ts';
import { stubCore } from '../../support/stub-core.ts';

test('a change ends what is remembered once it is made, and a trial of the doctor before it begins', async () => {
  const order: string[] = [];
  const note = (name: string) => async () => void order.push(name);
  const { handlers } = stubCore({
    'settings.set': note('set') as never,
    'doctor.run': note('run') as never,
    'links.accept': note('accept') as never,
    'providers.add-found': note('add-found') as never,
    'keys.list': note('list') as never,
  });
  const forgetting = forgettingRepeats(handlers, { forgetAll: () => void order.push('forget') });
  await forgetting['settings.set'](undefined as never);
  await forgetting['doctor.run'](undefined as never);
  await forgetting['keys.list'](undefined);
  await forgetting['links.accept'](undefined as never);
  await forgetting['providers.add-found'](undefined as never);
  expect(order).toEqual(['set', 'forget', 'forget', 'run', 'list', 'accept', 'forget', 'add-found', 'forget']);
});
