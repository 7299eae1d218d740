import { Plug } from 'lucide-react';
import { useState } from 'react';
import type { Tool } from '#shared/domain/tool.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { ConnectDialog } from '../../components/connect-tool/connect-dialog.tsx';
import { ManualDialog } from '../../components/connect-tool/manual-dialog.tsx';
import { ToolRow } from './tool-row.tsx';
import { UndoAllDialog, UndoDialog } from './undo-dialogs.tsx';

type Open = { kind: 'connect' | 'undo'; tool: Tool } | { kind: 'undo-all' };

export function ToolsPage() {
  const tools = useCorvusQuery(
    'tools.list',
    { terminal: [] },
    { refreshOn: ['tools.changed', 'keys.changed', 'requests.changed'], isAskedOnOpening: true },
  );
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const all = tools.data ?? [];
  const connected = all.filter(({ connection }) => connection !== null);
  const found = all.filter(({ connection, foundAt }) => connection === null && foundAt !== null);
  const others = all.filter(({ connection, foundAt }) => connection === null && foundAt === null);
  const list = (shown: readonly Tool[]) => <ToolList tools={shown} onOpen={setOpen} />;
  return (
    <Page
      title="Tools"
      description="Connect the tools on this machine. You see every change first, and can undo it."
      actions={connected.length > 0 && <Button onClick={() => setOpen({ kind: 'undo-all' })}>Undo all</Button>}
    >
      {tools.error && <Problem error={tools.error} onRetry={() => void tools.refetch()} />}
      {connected.length > 0 && (
        <Card title="Connected" isFlush>
          {list(connected)}
        </Card>
      )}
      <Card title="Found on this machine" isFlush>
        {tools.isPending && <SkeletonRows rows={4} label="Looking for tools" />}
        {tools.data && found.length === 0 && (
          <EmptyState
            icon={<Plug />}
            title={connected.length > 0 ? 'No other tool was found' : 'No known tool was found'}
          >
            Tools are found by their command, their settings folder or their editor extension. You can connect one
            before it is installed.
          </EmptyState>
        )}
        {found.length > 0 && list(found)}
      </Card>
      {others.length > 0 && (
        <details className="rounded-xl border border-line bg-surface shadow-card">
          <summary className="cursor-pointer px-5 py-3.5 text-[0.95rem] font-semibold">
            {others.length} more tools
          </summary>
          {list(others)}
        </details>
      )}
      {open?.kind === 'connect' && open.tool.setup === 'files' && <ConnectDialog tool={open.tool} onClose={close} />}
      {open?.kind === 'connect' && open.tool.setup !== 'files' && <ManualDialog tool={open.tool} onClose={close} />}
      {open?.kind === 'undo' && <UndoDialog tool={open.tool} onClose={close} />}
      {open?.kind === 'undo-all' && <UndoAllDialog count={connected.length} onClose={close} />}
    </Page>
  );
}

function ToolList({ tools, onOpen }: { tools: readonly Tool[]; onOpen: (open: Open) => void }) {
  return (
    <ul>
      {tools.map((tool) => (
        <ToolRow
          key={tool.id}
          tool={tool}
          onConnect={() => onOpen({ kind: 'connect', tool })}
          onUndo={() => onOpen({ kind: 'undo', tool })}
        />
      ))}
    </ul>
  );
}
