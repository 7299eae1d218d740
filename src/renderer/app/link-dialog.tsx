import type { PendingLink } from '#shared/contract/links.ts';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { Button } from '../components/button.tsx';
import { ConnectDialog } from '../components/connect-tool/connect-dialog.tsx';
import { ManualDialog } from '../components/connect-tool/manual-dialog.tsx';
import { Dialog, DialogActions } from '../components/dialog.tsx';
import { Notice } from '../components/notice.tsx';
import { InlineProblem } from '../components/problem.tsx';
import { showToast } from '../components/toast.ts';
import { useCorvusCommand, useCorvusQuery } from '../lib/query.ts';

/** The dialog that shows what a link wants to set. */
export function LinkDialog({ pending }: { pending: PendingLink }) {
  return pending.kind === 'tool' ? <ToolLink pending={pending} /> : <ImportDialog pending={pending} />;
}

function ImportDialog({ pending: { id, title, facts, warnings } }: { pending: PendingLink }) {
  const accept = useCorvusCommand('links.accept');
  const dismiss = useCorvusCommand('links.dismiss');
  const leave = () => dismiss.mutate({ id });
  return (
    <Dialog
      isOpen
      isSticky
      title={title}
      description="A link asks for this. Go on only if you opened it yourself."
      onClose={leave}
    >
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-y-1.5 text-sm">
        {facts.map(({ name, value }) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-4 flex flex-col gap-2 empty:hidden">
        {warnings.map((warning) => (
          <Notice key={warning} level="warning" title="Check this first">
            {warning}
          </Notice>
        ))}
      </div>
      <InlineProblem error={accept.error} />
      <DialogActions>
        <Button onClick={leave}>Cancel</Button>
        <Button
          look="primary"
          isBusy={accept.isPending}
          onClick={() => accept.mutate({ id }, { onSuccess: ({ done }) => showToast({ tone: 'good', title: done }) })}
        >
          {title}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** The dialog of the Tools page: it shows every change before it is written. */
function ToolLink({ pending: { id, toolId } }: { pending: PendingLink }) {
  const tools = useCorvusQuery('tools.list', { terminal: [] }, { isAskedOnOpening: true });
  const dismiss = useCorvusCommand('links.dismiss');
  const tool = tools.data?.find((known) => known.id === toolIdSchema.safeParse(toolId).data);
  if (!tool) return null;
  const close = () => dismiss.mutate({ id });
  return tool.setup === 'files' ? (
    <ConnectDialog tool={tool} onClose={close} />
  ) : (
    <ManualDialog tool={tool} onClose={close} />
  );
}
