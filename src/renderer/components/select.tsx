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

/** The system's own choice list, which every keyboard and screen reader knows. */
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
        className={classNames(
          controlLook,
          'h-9 text-clip whitespace-nowrap overflow-clip pr-8 pl-3 text-[0.9rem] leading-[2.1rem] [overflow-clip-margin:content-box]',
        )}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronsUpDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-ink-3"
      />
    </span>
  );
}
