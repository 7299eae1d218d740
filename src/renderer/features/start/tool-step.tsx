import { useState } from 'react';
import type { Tool } from '#shared/domain/tool.ts';
import { Button } from '../../components/button.tsx';
import { ConnectDialog } from '../../components/connect-tool/connect-dialog.tsx';
import { ManualDialog } from '../../components/connect-tool/manual-dialog.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { LiveRequest } from './live-request.tsx';
import { TerminalCommand } from './terminal-command.tsx';

/** Tools of this machine to connect, or a command for the terminal; then the first request, live. */
export function ToolStep({ onDone }: { onDone: () => void }) {
  const tools = useCorvusQuery(
    'tools.list',
    { terminal: [] },
    { refreshOn: ['tools.changed'], isAskedOnOpening: true },
  );
  const [open, setOpen] = useState<Tool | null>(null);
  const close = () => setOpen(null);
  // What Corvus can set up by itself goes first.
  const usable = (tools.data ?? []).filter(
    ({ foundAt, connection, setup }) => (foundAt !== null || connection !== null) && setup !== 'hosted-only',
  );
  const found = usable.toSorted((one, other) => Number(other.setup === 'files') - Number(one.setup === 'files'));
  return (
    <div className="flex flex-col gap-5">
      {tools.error && <Problem error={tools.error} onRetry={() => void tools.refetch()} />}
      {tools.isPending && <SkeletonRows rows={3} label="Looking for tools" />}
      {found.length > 0 && (
        <ul aria-label="Tools on this machine" className="flex flex-col gap-2">
          {found.map((tool, index) => (
            <FoundTool key={tool.id} tool={tool} isFirst={index === 0} onOpen={() => setOpen(tool)} />
          ))}
        </ul>
      )}
      {tools.data && <TerminalCommand isOnly={found.length === 0} />}
      <LiveRequest onDone={onDone} />
      {open?.setup === 'files' && <ConnectDialog tool={open} onClose={close} />}
      {open && open.setup !== 'files' && <ManualDialog tool={open} onClose={close} />}
    </div>
  );
}

function FoundTool({
  tool: { name, foundAt, connection },
  isFirst,
  onOpen,
}: {
  tool: Tool;
  isFirst: boolean;
  onOpen: () => void;
}) {
  return (
    <li className="flex flex-wrap items-center gap-3 rounded-xl border border-line px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="font-medium">{name}</p>
        <p className="truncate text-sm text-ink-3">{connection ? `Connected, with ${connection.model}` : foundAt}</p>
      </div>
      <Button
        look={connection ? 'secondary' : 'primary'}
        size="small"
        autoFocus={isFirst}
        onClick={onOpen}
        aria-label={`${connection ? 'Connect again' : 'Connect'}: ${name}`}
      >
        {connection ? 'Connect again' : 'Connect'}
      </Button>
    </li>
  );
}
