import { Link } from 'wouter';
import type { Tool } from '#shared/domain/tool.ts';
import { toolProblems } from '#shared/domain/tool-problems.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ageText } from '../../lib/format-time.ts';
import { useNow } from '../../lib/use-now.ts';

interface ToolRowProps {
  tool: Tool;
  onConnect: () => void;
  onUndo: () => void;
}

const connectLabels: Readonly<Record<Tool['setup'], string>> = {
  files: 'Connect',
  environment: 'Show settings',
  guide: 'Show settings',
  'hosted-only': 'Why not',
};

/** A tool: where it stands, what keeps it from working, and what can be done with it. */
export function ToolRow({ tool, onConnect, onUndo }: ToolRowProps) {
  const { name, foundAt, connection } = tool;
  const problems = toolProblems(tool);
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 border-t border-line px-5 py-3 first:border-t-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {name}
          {connection && (
            <Badge tone={problems.length > 0 ? 'warn' : 'good'}>
              {problems.length > 0 ? 'Needs attention' : 'Connected'}
            </Badge>
          )}
        </p>
        {connection ? (
          <ConnectionLine connection={connection} />
        ) : (
          <p className="truncate text-sm text-ink-3">{foundAt ?? 'Not found here'}</p>
        )}
        {problems.map((problem) => (
          <p key={problem} className="text-sm break-words text-warn">
            {problem}
          </p>
        ))}
      </div>
      <div className="flex shrink-0 gap-2">
        {connection && (
          <Button size="small" look="quiet" aria-label={`Undo the connection of ${name}`} onClick={onUndo}>
            Undo
          </Button>
        )}
        <Button
          size="small"
          aria-label={`${connection ? 'Connect again' : connectLabels[tool.setup]}: ${name}`}
          onClick={onConnect}
        >
          {connection ? 'Connect again' : connectLabels[tool.setup]}
        </Button>
      </div>
    </li>
  );
}

function ConnectionLine({
  connection: { keyId, model, lastRequestAtMs },
}: {
  connection: NonNullable<Tool['connection']>;
}) {
  const nowMs = useNow();
  return (
    <p className="text-sm break-words text-ink-2">
      {model} ·{' '}
      <Link href={`/requests?key=${encodeURIComponent(keyId)}`} className="rounded underline">
        {lastRequestAtMs === null ? 'no request yet' : `last request ${ageText(nowMs - lastRequestAtMs)}`}
      </Link>
    </p>
  );
}
