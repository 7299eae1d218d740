import { useState } from 'react';
import type { Tool, ToolPlan } from '#shared/domain/tool.ts';
import { overrideSentence } from '#shared/domain/tool-problems.ts';
import { Button } from '../button.tsx';
import { Dialog, DialogActions } from '../dialog.tsx';
import { Field } from '../field.tsx';
import { Notice } from '../notice.tsx';
import { InlineProblem, Problem } from '../problem.tsx';
import { Select } from '../select.tsx';
import { SkeletonRows } from '../skeleton.tsx';
import type { CallError } from '../../lib/call-error.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { DiffView } from './diff-view.tsx';
import { FirstRequest } from './first-request.tsx';

/** Shows what connecting a tool changes; writes it when asked; then waits for the tool's first request. */
export function ConnectDialog({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const [model, setModel] = useState(tool.connection?.model ?? null);
  const [connected, setConnected] = useState<Tool | null>(null);
  const plan = useCorvusQuery(
    'tools.plan',
    { id: tool.id, model, terminal: [] },
    { isAskedOnOpening: true, keepPrevious: true },
  );
  const connect = useCorvusCommand('tools.connect');
  function write({ seen, model: shown }: ToolPlan) {
    connect.mutate(
      { id: tool.id, model: shown, seen },
      { onSuccess: setConnected, onError: () => void plan.refetch() },
    );
  }
  const isConnected = connected?.connection != null;
  return (
    <Dialog
      isOpen
      title={isConnected ? `${tool.name} is connected` : `Connect ${tool.name}`}
      description={isConnected ? undefined : 'It gets a key of its own. Nothing is written until you say so.'}
      onClose={onClose}
      className="w-[min(48rem,calc(100vw-2rem))]"
    >
      {connected?.connection ? (
        <FirstRequest {...connected.connection} name={tool.name} />
      ) : (
        <Plan tool={tool} plan={plan} onModel={setModel} error={connect.error} />
      )}
      <DialogActions>
        {isConnected ? (
          <Button key="done" look="primary" autoFocus onClick={onClose}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              look="primary"
              disabled={!plan.data || plan.error !== null || plan.isPlaceholderData}
              isBusy={connect.isPending}
              onClick={() => plan.data && write(plan.data)}
            >
              Write these changes
            </Button>
          </>
        )}
      </DialogActions>
    </Dialog>
  );
}

interface PlanProps {
  tool: Tool;
  plan: ReturnType<typeof useCorvusQuery<'tools.plan'>>;
  onModel: (model: string) => void;
  error: CallError | null;
}

/** What would be written, and what stands in its way. */
function Plan({ tool, plan, onModel, error }: PlanProps) {
  if (plan.error)
    return <Problem error={plan.error} title="It cannot be connected" onRetry={() => void plan.refetch()} />;
  if (!plan.data) return <SkeletonRows rows={4} label="Reading its settings" />;
  return (
    <div className="flex flex-col gap-4">
      <Field label="Model" hint="The ones that suit this tool come first.">
        {(ids) => <Select {...ids} value={plan.data.model} options={modelOptions(plan.data)} onValue={onModel} />}
      </Field>
      {plan.data.files.map((file) => (
        <DiffView key={file.path} file={file} />
      ))}
      <p className="text-sm text-ink-2">Keys are not shown. When Corvus does not run: {tool.whenStopped}</p>
      {plan.data.overrides.map((override) => (
        <Notice key={override.variable} level="warning" title={`${override.variable} wins`}>
          {overrideSentence(override)}
        </Notice>
      ))}
      <InlineProblem error={error} />
    </div>
  );
}

function modelOptions({ model, models }: ToolPlan) {
  return [...new Set([model, ...models])].map((slug) => ({ value: slug, label: slug }));
}
