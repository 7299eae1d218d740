import { ChevronsUpDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { classNames } from '../lib/class-names.ts';
import { controlLook } from './field.tsx';

interface SelectOption<T extends string> {
  value: T;
  label: string;
}

interface SelectProps<T extends string> extends Omit<ComponentProps<'select'>, 'value' | 'onChange'> {
  value: T;
  options: readonly SelectOption<T>[];
  onValue: (value: T) => void;
}

/** The native select element, which keyboards and screen readers support. */
export function Select<T extends string>({ value, options, onValue, className, ...rest }: SelectProps<T>) {
  return (
    <span className={classNames('relative inline-flex min-w-0', className)}>
      <select
        {...rest}
        value={value}
        onChange={(change) => {
          const chosen = options[change.target.selectedIndex];
          if (chosen) onValue(chosen.value);
        }}
        className={classNames(controlLook, 'peer h-9 truncate contain-paint pr-8 pl-3 text-[0.9rem] leading-[2.1rem]')}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {/* Chromium lets a long choice run on to the border, whatever its padding and overflow: this covers it. It keeps off the
          border, which between two pixels is two of them wide. */}
      <span
        aria-hidden
        className="pointer-events-none absolute inset-y-0.5 right-0.5 flex w-8 items-center justify-center rounded-r-lg bg-surface text-ink-3 peer-disabled:bg-transparent"
      >
        <ChevronsUpDown className="size-3.5" />
      </span>
    </span>
  );
}
