import type { ToolPlan } from '#shared/domain/tool.ts';
import { classNames } from '../../lib/class-names.ts';

const looks = {
  same: { mark: ' ', className: 'text-ink-2' },
  added: { mark: '+', className: 'bg-good-soft text-good' },
  removed: { mark: '-', className: 'bg-bad-soft text-bad' },
  gap: { mark: '…', className: 'text-ink-3' },
} as const;

/** What changes in one settings file, line by line. */
export function DiffView({ file: { path, isNew, linksTo, diff } }: { file: ToolPlan['files'][number] }) {
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1.5 text-sm break-all">
        <span className="font-mono text-[0.8125rem]">{path}</span>
        {isNew && <span className="text-ink-2"> (new)</span>}
        {linksTo !== null && <span className="text-ink-2"> is a symbolic link; {linksTo} is changed</span>}
      </figcaption>
      <pre
        tabIndex={0}
        aria-label={`Changes to ${path}`}
        className="max-h-64 overflow-auto rounded-lg border border-line bg-inset py-2 font-mono text-[0.8rem] leading-relaxed"
      >
        {diff.map(({ kind, text }, index) => (
          // Lines repeat, and a plan never changes: the position is the only name they have.
          <div key={index} className={classNames('px-3', looks[kind].className)}>
            {looks[kind].mark} {text}
          </div>
        ))}
      </pre>
    </figure>
  );
}
