import { useId } from 'react';
import { type UpstreamDialect, upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { dialectNames } from '../../lib/dialect-names.ts';

const endpoints: Readonly<Record<UpstreamDialect, string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'anthropic-messages': '/messages',
  gemini: '/models/…:generateContent',
};

interface DialectChoiceProps {
  chosen: readonly UpstreamDialect[];
  error: string | null;
  onChange: (dialects: UpstreamDialect[]) => void;
}

/** The formats that a place understands; most understand one. */
export function DialectChoice({ chosen, error, onChange }: DialectChoiceProps) {
  const errorId = useId();
  const { options } = upstreamDialectSchema;
  return (
    <fieldset aria-describedby={errorId}>
      <legend className="mb-1.5 text-sm font-medium">Supported formats</legend>
      <div className="flex flex-col gap-1.5">
        {options.map((dialect) => (
          <label key={dialect} className="flex w-fit cursor-pointer items-center gap-2 text-sm">
            <input
              type="checkbox"
              checked={chosen.includes(dialect)}
              onChange={(change) =>
                onChange(
                  options.filter((option) => (option === dialect ? change.target.checked : chosen.includes(option))),
                )
              }
              className="size-4 cursor-pointer accent-[var(--accent-fill)]"
            />
            {dialectNames[dialect]}
            <code className="font-mono text-xs text-ink-3">{endpoints[dialect]}</code>
          </label>
        ))}
      </div>
      <p id={errorId} role={error ? 'alert' : undefined} className="mt-1.5 text-[0.8125rem] text-bad empty:hidden">
        {error}
      </p>
    </fieldset>
  );
}
