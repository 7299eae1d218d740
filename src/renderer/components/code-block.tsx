import { CopyButton } from './copy-button.tsx';

/** Text to paste into a terminal or a file. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="relative rounded-lg border border-line bg-inset">
      <pre
        tabIndex={0}
        aria-label={label}
        className="overflow-x-auto py-3 pr-12 pl-4 font-mono text-[0.8rem] leading-relaxed"
      >
        {code}
      </pre>
      <div className="absolute top-1 right-1 rounded-lg bg-inset">
        <CopyButton text={code} label={`Copy ${label}`} />
      </div>
    </div>
  );
}

/** One value to copy: an address, an id, a key. */
export function CopyableValue({ value, label }: { value: string; label: string }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded-lg border border-line bg-inset py-0.5 pr-0.5 pl-3">
      <span className="min-w-0 flex-1 truncate font-mono text-[0.8rem]" title={value}>
        {value}
      </span>
      <CopyButton text={value} label={`Copy ${label}`} />
    </div>
  );
}
