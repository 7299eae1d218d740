import { useId } from 'react';

/** On or off, at once. */
export function Switch({
  label,
  hint,
  isOn,
  onChange,
}: {
  label: string;
  hint?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}) {
  const hintId = useId();
  return (
    <label className="flex cursor-pointer items-center justify-between gap-6 py-1">
      <span className="min-w-0">
        <span className="block text-sm font-medium">{label}</span>
        {hint && (
          <span id={hintId} className="block text-[0.8125rem] text-ink-3">
            {hint}
          </span>
        )}
      </span>
      <span className="relative inline-flex shrink-0">
        <input
          type="checkbox"
          role="switch"
          aria-label={label}
          aria-describedby={hint ? hintId : undefined}
          checked={isOn}
          onChange={(change) => onChange(change.target.checked)}
          className="peer h-5.5 w-10 cursor-pointer appearance-none rounded-full bg-control-line transition-colors checked:bg-accent-fill"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute top-[3px] left-[3px] size-4 rounded-full bg-[#ffffff] shadow-sm transition-transform peer-checked:translate-x-[1.15rem]"
        />
      </span>
    </label>
  );
}
