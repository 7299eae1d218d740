import { z } from 'zod';
import { decimalUsd, parseUsd } from './money.ts';

/** Money on a wire: a decimal dollar string. */
export const usdTextSchema = z.string().regex(decimalUsd, 'must be a decimal dollar amount such as "12.34"');

/** Below a billion dollars: databases keep 64 bits, and the sum of nine such amounts still fits. */
const mostUsd = 999_999_999_999_999_999n;

/** An amount that a client may send to a service: zero or above, and within what the database can count. */
export const usdInputSchema = usdTextSchema.refine((text) => {
  const amount = parseUsd(text);
  return amount !== null && amount >= 0n && amount <= mostUsd;
}, 'must be from 0 to 999999999.99');
