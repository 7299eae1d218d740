import { useState } from 'react';
import type { Tool, ToolPlan } from '#shared/domain/tool.ts';
import { overrideSentence } from '#shared/domain/tool-problems.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem, Problem } from '../../components/problem.tsx';
import { Select } from '../../components/select.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { DiffView } from './diff-view.tsx';
import { FirstRequest } from './first-request.tsx';

/** Shows what connecting a tool changes; writes it when asked; then waits for the tool's first request. */
export function ConnectDialog({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const [model, setModel] = useState(tool.connection?.model ?? null);
  const [connected, setConnected] = useState<Tool | null>(null);
  const plan = useCorvusQuery('tools.plan', { id: tool.id, model, terminal: [] }, { isAskedOnOpening: true, keepPrevious: true });
  const connect = useCorvusCommand('tools.connect');
  function write({ seen, model: shown }: ToolPlan) {
    connect.mutate({ id: tool.id, model: shown, seen }, { onSuccess: setConnected, onError: () => void plan.refetch() });
  }
  if (connected?.connection) return <Connected tool={connected} keyId={connected.connection.keyId} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      title={`Connect ${tool.name}`}
      description="It gets a key of its own. Nothing is written until you say so."
      onClose={onClose}
      className="w-[min(48rem,calc(100vw-2rem))]"
    >
      {plan.error && <Problem error={plan.error} title="It cannot be connected" onRetry={() => void plan.refetch()} />}
      {plan.isPending && <SkeletonRows rows={4} label="Reading its settings" />}
      {plan.data && !plan.error && (
        <div className="flex flex-col gap-4">
          <Field label="Model" hint="The ones that suit this tool come first.">
            {(ids) => <Select {...ids} value={plan.data.model} options={modelOptions(plan.data)} onValue={setModel} />}
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
          <InlineProblem error={connect.error} />
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="primary"
          disabled={!plan.data || plan.error !== null || plan.isPlaceholderData}
          isBusy={connect.isPending}
          onClick={() => plan.data && write(plan.data)}
        >
          Write these changes
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function modelOptions({ model, models }: ToolPlan) {
  return [...new Set([model, ...models])].map((slug) => ({ value: slug, label: slug }));
}

function Connected({ tool, keyId, onClose }: { tool: Tool; keyId: string; onClose: () => void }) {
  return (
    <Dialog isOpen title={`${tool.name} is connected`} onClose={onClose}>
      <FirstRequest keyId={keyId} name={tool.name} />
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
