import type { ComponentProps, MouseEventHandler, ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';

const looks = {
  primary: 'bg-accent-fill text-on-accent not-aria-disabled:hover:bg-accent-fill-hover border-transparent',
  secondary: 'bg-surface text-ink border-line-strong not-aria-disabled:hover:bg-hover',
  quiet:
    'bg-transparent text-ink-2 border-transparent not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-ink',
  danger: 'bg-bad-fill text-on-accent border-transparent not-aria-disabled:hover:brightness-90',
} as const;

const sizes = {
  small: 'h-8 px-2.5 text-[0.8125rem] gap-1.5',
  medium: 'h-9 px-3.5 text-[0.9rem] gap-2',
  large: 'h-11 px-5 text-base gap-2',
} as const;

interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
  icon?: ReactNode;
  /** An action is in progress; pressing again does nothing. */
  isBusy?: boolean;
}

/**
 * What a button has that does nothing for now. A browser takes the focus from one that is `disabled`, and pressing it may
 * be what disabled it: with the keyboard one would begin again at the top of the page. Of a form's button it is the
 * default that counts: Enter in a field of the form presses it too.
 */
function pressable(isOff: boolean, onClick: MouseEventHandler<HTMLButtonElement> | undefined) {
  return isOff
    ? { 'aria-disabled': true, onClick: (press: { preventDefault(): void }) => press.preventDefault() }
    : { onClick };
}

export function Button({
  look = 'secondary',
  size = 'medium',
  icon,
  isBusy = false,
  className,
  children,
  disabled = false,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      aria-busy={isBusy || undefined}
      {...pressable(disabled || isBusy, onClick)}
      className={classNames(
        'inline-flex shrink-0 items-center justify-center rounded-lg border font-medium whitespace-nowrap transition-colors',
        'aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
        looks[look],
        sizes[size],
        className,
      )}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}

/** A button that is a picture; its name is spoken and shown on hover. */
export function IconButton({
  label,
  className,
  children,
  disabled = false,
  onClick,
  ...rest
}: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...pressable(disabled, onClick)}
      className={classNames(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-ink-3 transition-colors not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-ink aria-disabled:opacity-40 [&_svg]:size-4',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
