import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { flushSync } from 'react-dom';
import { classNames } from '../lib/class-names.ts';
import { countText } from '../lib/format-number.ts';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Why the value is not valid; null if it is. */
  error?: string | null;
  className?: string;
  children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode;
}

/** A labelled control with its hint and its error message. */
export function Field({ label, hint, error = null, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div className={classNames('flex min-w-0 flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': noteId, 'aria-invalid': error !== null })}
      <p
        id={noteId}
        role={error ? 'alert' : undefined}
        className={classNames('text-[0.8125rem] empty:hidden', error ? 'text-bad' : 'text-ink-3')}
      >
        {error ?? hint}
      </p>
    </div>
  );
}

export const controlLook =
  'w-full min-w-0 rounded-lg border border-control-line bg-surface text-ink placeholder:text-ink-3 aria-invalid:border-bad disabled:opacity-60';

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      className={classNames(controlLook, 'h-9 px-3 text-[0.9rem]', className)}
      {...rest}
    />
  );
}

/** A key: not shown, and not remembered by the browser. */
export function SecretInput({
  onValue,
  ...rest
}: Omit<ComponentProps<'input'>, 'type' | 'onChange'> & { value: string; onValue: (value: string) => void }) {
  return (
    <TextInput
      type="password"
      autoComplete="new-password"
      maxLength={4096}
      {...rest}
      onChange={(change) => onValue(change.target.value)}
    />
  );
}

/** A number of tokens and the like. Thousands are separated until the field has the focus. */
export function WholeNumberInput({
  value,
  onValue,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & { value: number; onValue: (value: number) => void }) {
  const [isEdited, setIsEdited] = useState(false);
  return (
    <TextInput
      inputMode="numeric"
      {...rest}
      value={isEdited ? String(value) : countText(value)}
      onFocus={(focus) => {
        // Drawn at once and selected: what is typed next replaces the number, whichever way it was written.
        flushSync(() => setIsEdited(true));
        focus.target.select();
      }}
      onBlur={() => setIsEdited(false)}
      onChange={(change) => onValue(Number(change.target.value.replaceAll(/\D/g, '').slice(0, 9)))}
      className="tabular"
    />
  );
}
