import type { Tool } from '#shared/domain/tool.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { showToast } from '../../components/toast.ts';
import { plural } from '../../lib/format-number.ts';
import { useCorvusCommand } from '../../lib/query.ts';

export function UndoDialog({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const undo = useCorvusCommand('tools.undo');
  function confirm() {
    undo.mutate(
      { id: tool.id },
      {
        onSuccess: () => {
          showToast({ tone: 'good', title: `${tool.name} is as it was before` });
          onClose();
        },
      },
    );
  }
  return (
    <ConfirmDialog
      isOpen
      title={`Undo the connection of ${tool.name}?`}
      confirmLabel="Undo connection"
      isBusy={undo.isPending}
      error={undo.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>Our settings are taken out of its files; what others changed in them since stays. Its key is revoked.</p>
      <ul className="mt-2 font-mono text-[0.8125rem] break-all">
        {tool.connection?.files.map(({ path }) => (
          <li key={path}>{path}</li>
        ))}
      </ul>
    </ConfirmDialog>
  );
}

export function UndoAllDialog({ count, onClose }: { count: number; onClose: () => void }) {
  const restore = useCorvusCommand('tools.restore');
  function confirm() {
    restore.mutate(undefined, {
      onSuccess: ({ failed }) => {
        if (failed.length === 0) showToast({ tone: 'good', title: 'All tools are as they were before' });
        else showToast({ tone: 'bad', title: failed.map(({ name, message }) => `${name}: ${message}`).join(' ') });
        onClose();
      },
    });
  }
  return (
    <ConfirmDialog
      isOpen
      title={`Undo ${plural(count, 'connection')}?`}
      confirmLabel="Undo all"
      isBusy={restore.isPending}
      error={restore.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>The settings files of all connected tools become as if Corvus had never been there. Their keys are revoked.</p>
    </ConfirmDialog>
  );
}
