import { unset } from '#shared/contract/no-filter.ts';
import { Select } from '../../components/select.tsx';

interface FilterSelectProps<T extends string> {
  label: string;
  all: string;
  /** What a request without a value is called, where one can be asked for. */
  none?: string;
  value: T | null;
  options: readonly { value: T; label: string }[];
  onValue: (value: T | null) => void;
}

const any = 'any';

/** One member of the filter; the first choice is to not filter by it. */
export function FilterSelect<T extends string>({ label, all, none, value, options, onValue }: FilterSelectProps<T>) {
  const choices = [...(none === undefined ? [] : [{ value: unset as T, label: none }]), ...options];
  // A value from the address may not be among those that occur; it must be seen all the same.
  const shown =
    value === null || choices.some((option) => option.value === value)
      ? choices
      : [{ value, label: value }, ...choices];
  return (
    <Select<string>
      aria-label={label}
      className="w-36 flex-auto sm:flex-none"
      value={value === null ? any : `=${value}`}
      options={[
        { value: any, label: all },
        ...shown.map((option) => ({ value: `=${option.value}`, label: option.label })),
      ]}
      onValue={(chosen) => onValue(shown.find((option) => `=${option.value}` === chosen)?.value ?? null)}
    />
  );
}
