import { useEffect } from 'react';
import type { Output } from '#shared/contract/contract.ts';
import type { Tool } from '#shared/domain/tool.ts';
import { Button } from '../button.tsx';
import { CodeBlock } from '../code-block.tsx';
import { Dialog, DialogActions } from '../dialog.tsx';
import { InlineProblem, Problem } from '../problem.tsx';
import { SkeletonRows } from '../skeleton.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { FirstRequest } from './first-request.tsx';

/** The settings of a tool that Corvus does not write itself: its steps, or its variables, with a key of its own. */
export function ManualDialog({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  if (tool.setup === 'hosted-only') {
    return (
      <Dialog isOpen title={`${tool.name} and Corvus`} onClose={onClose}>
        <Steps steps={[...tool.notes, ...tool.steps]} />
        <DialogActions>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  return <KeyedDialog tool={tool} onClose={onClose} />;
}

/** A key that is made for it can be taken back here: it may have been opened only to see what there is to do. */
function KeyedDialog({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const start = useCorvusCommand('tools.start');
  const revoke = useCorvusCommand('keys.revoke');
  const { mutate, data } = start;
  useEffect(() => mutate({ id: tool.id, command: tool.id, model: null, isOneRun: false }), [mutate, tool.id]);
  return (
    <Dialog
      isOpen
      isSticky
      title={`Connect ${tool.name}`}
      onClose={onClose}
      className="w-[min(44rem,calc(100vw-2rem))]"
    >
      {start.error && <Problem error={start.error} title="It cannot be connected" />}
      {start.isPending && <SkeletonRows rows={4} label="Preparing its key" />}
      {data && <Settings tool={tool} start={data} />}
      <InlineProblem error={revoke.error} />
      <DialogActions>
        {data?.isNewKey && (
          <Button isBusy={revoke.isPending} onClick={() => revoke.mutate({ id: data.keyId }, { onSuccess: onClose })}>
            Cancel and revoke its key
          </Button>
        )}
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Settings({ tool, start }: { tool: Tool; start: Output<'tools.start'> }) {
  const { steps, variables, keyId } = start;
  return (
    <div className="flex flex-col gap-4">
      {steps.length > 0 ? (
        <Steps steps={steps} />
      ) : (
        <>
          <p className="text-sm text-ink-2">Start it in a terminal like this:</p>
          <CodeBlock label="command" code={`corvusllm run --tool ${tool.id} -- your-command`} />
          <p className="text-sm text-ink-2">Or set these variables for it:</p>
          <CodeBlock label="variables" code={Object.entries(variables).map(exportLine).join('\n')} />
        </>
      )}
      {tool.notes.length > 0 && <p className="text-sm text-ink-2">{tool.notes.join(' ')}</p>}
      <FirstRequest keyId={keyId} name={tool.name} />
    </div>
  );
}

function exportLine([name, value]: [string, string]): string {
  return `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
}

function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <ol className="flex list-decimal flex-col gap-2 pl-5 text-sm">
      {steps.map((step) => (
        <li key={step} className="break-words">
          {step}
        </li>
      ))}
    </ol>
  );
}
