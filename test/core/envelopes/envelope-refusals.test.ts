import { expect, onTestFinished, test, vi } from 'vitest';
import { momentText } from '#core/envelopes/envelope-refusals.ts';

test('a moment is told in the time zone of its envelope, whose format is made once', () => {
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  onTestFinished(() => made.mockRestore());
  const texts = [0, 3_600_000].map((ms) => momentText(ms, 'Asia/Tokyo'));
  expect(texts).toEqual(['1970-01-01 09:00 (Asia/Tokyo)', '1970-01-01 10:00 (Asia/Tokyo)']);
  expect(made).toHaveBeenCalledTimes(1);
});
