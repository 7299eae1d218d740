import { maximumTopup, minimumTopup } from '#shared/account/orders.ts';
import { type NanoUsd, parseUsd, roundDownToCents, usdText } from '#shared/money.ts';
import { exactUsd } from '../../lib/format-money.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';

const lowest = amountOf(minimumTopup);
const highest = amountOf(maximumTopup);

type ReadAmount = { ok: true; amount: string } | { ok: false; problem: string };

/** An amount as people type it ("$1,250", "12.5"), or what is wrong with it. */
export function readAmount(typed: string): ReadAmount {
  const amount = parseUsd(typedDollars(typed));
  if (amount === null) return { ok: false, problem: 'Enter an amount such as 30 or 12.50.' };
  if (amount < lowest) return { ok: false, problem: `The minimum is ${exactUsd(lowest)}.` };
  if (amount > highest) return { ok: false, problem: `The maximum is ${exactUsd(highest)}.` };
  if (roundDownToCents(amount) !== amount) return { ok: false, problem: 'Use whole cents.' };
  return { ok: true, amount: usdText(amount) };
}

function amountOf(text: string): NanoUsd {
  const amount = parseUsd(text);
  if (amount === null) throw new Error(`"${text}" is not an amount`);
  return amount;
}
