import type { Output } from '#shared/contract/contract.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { useBaseUrls } from '../../lib/base-urls.ts';
import { useCorvusCommand } from '../../lib/query.ts';

/** A request for the terminal, with a key of its own: for a machine without a known tool, or to try it out. */
export function TerminalCommand({ isOnly }: { isOnly: boolean }) {
  const start = useCorvusCommand('tools.start');
  const urls = useBaseUrls();
  if (!start.data || !urls) {
    return (
      <div className="flex flex-col items-start gap-2">
        <p className="text-sm text-ink-2">
          {isOnly
            ? 'No known tool was found on this machine. Any tool with a base URL setting works; or try it in a terminal.'
            : 'Or without a tool, in a terminal:'}
        </p>
        <Button
          look={isOnly ? 'primary' : 'secondary'}
          autoFocus={isOnly}
          isBusy={start.isPending}
          onClick={() => start.mutate({ id: null, command: 'terminal', model: null, isOneRun: false })}
        >
          Create a key and show the command
        </Button>
        <InlineProblem error={start.error} />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-ink-2">Paste this into a terminal:</p>
      <CodeBlock label="example request" code={exampleRequest(urls.openai, start.data)} />
      <p className="text-sm text-ink-2">Any program that reads the usual variables runs with this command:</p>
      <CodeBlock label="command" code="corvusllm run -- your-command" />
    </div>
  );
}

function exampleRequest(baseUrl: string, { variables, model }: Output<'tools.start'>): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello Corvus' }] });
  return [
    `curl ${baseUrl}/chat/completions \\`,
    `  -H 'authorization: Bearer ${variables['OPENAI_API_KEY']}' \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${body.replaceAll("'", `'\\''`)}'`,
  ].join('\n');
}
