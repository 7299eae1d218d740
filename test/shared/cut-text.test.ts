import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutText } from '#shared/cut-text.ts';

test('a text from outside is cut at a whole character, and holds no NUL and no half of one', () => {
  expect(cutText('short', 5)).toBe('short');
  expect(cutText('longer', 5)).toBe('longe');
  expect(cutText('abc😀', 4)).toBe('abc');
  expect(cutText('abc😀', 5)).toBe('abc😀');
  expect(cutText('a\0b\0', 4)).toBe('ab');
  expect(cutText('gpt\ud83d', 10)).toBe('gpt\ufffd');
  expect(cutText('\udc00x', 10)).toBe('\ufffdx');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(60), (text, longest) => {
      const stored = cutText(text, longest);
      expect(stored.length).toBeLessThanOrEqual(longest);
      expect(stored.isWellFormed()).toBe(true);
      expect(stored).not.toContain('\0');
      if (text.length <= longest && !text.includes('\0')) expect(stored).toBe(text);
    }),
  );
});
