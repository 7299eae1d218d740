import { z } from 'zod';

/**
 * One line of text, such as a name: no line breaks, control characters or bidirectional overrides. A field of a form can
 * show it and send it back as it is.
 */
export function lineOf(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u,
      'must be one line of plain text',
    );
}
