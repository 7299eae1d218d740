import { classNames } from '../lib/class-names.ts';
import { exactUsd, shortUsd, spendableUsd } from '../lib/format-money.ts';
import { parseUsd } from '#shared/money.ts';

interface MoneyProps {
  /** Decimal dollars; null is unknown, which is never shown as zero. */
  amount: string | null;
  /** `short`: for lists. `exact`: every digit. `spendable`: whole cents, rounded down. */
  as?: 'short' | 'exact' | 'spendable';
  /** Whether the exact figure can be reached with the keyboard; false in a list with its own keyboard handling. */
  isFocusable?: boolean;
  isSigned?: boolean;
  className?: string;
}

/** An amount of money. A short one shows every digit on hover and focus. */
export function Money({ amount, as = 'short', isFocusable = true, isSigned = false, className }: MoneyProps) {
  const value = amount === null ? null : parseUsd(amount);
  if (value === null) return <span className={classNames('text-ink-3', className)}>unknown</span>;
  const exact = exactUsd(value);
  const text = as === 'exact' ? exact : as === 'spendable' ? spendableUsd(value) : shortUsd(value);
  const signed = isSigned && value > 0n ? `+${text}` : text;
  if (text === exact) return <span className={classNames('tabular whitespace-nowrap', className)}>{signed}</span>;
  return (
    <span
      data-exact={exact}
      data-side={isFocusable ? undefined : 'start'}
      role="img"
      aria-label={exact}
      tabIndex={isFocusable ? 0 : undefined}
      className={classNames('tabular exact-figure rounded-sm whitespace-nowrap', className)}
    >
      {signed}
    </span>
  );
}
