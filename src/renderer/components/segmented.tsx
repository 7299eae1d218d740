import { useId } from 'react';
import { classNames } from '../lib/class-names.ts';

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onValue: (value: T) => void;
}

/** A few choices side by side, one of them selected. Built on radio buttons, so arrow keys work. */
export function Segmented<T extends string>({ label, value, options, onValue }: SegmentedProps<T>) {
  const name = useId();
  return (
    <fieldset className="inline-flex w-fit max-w-full flex-wrap rounded-lg border border-line bg-inset p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={classNames(
            'relative cursor-pointer rounded-md px-2.5 py-1 text-[0.8125rem] font-medium whitespace-nowrap transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent',
            option.value === value ? 'bg-raised text-ink shadow-card ring-1 ring-line' : 'text-ink-2 hover:text-ink',
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onValue(option.value)}
            className="absolute inset-0 cursor-pointer opacity-0"
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
