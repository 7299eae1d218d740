import { CodeBlock } from '../../components/code-block.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useBaseUrls } from '../../lib/base-urls.ts';
import { type SnippetTool, useKeysStore } from './keys-store.ts';
import { snippet, snippetNames } from './snippets.ts';

const tools: readonly SnippetTool[] = ['openai', 'anthropic', 'curl', 'environment'];

export function SnippetTabs({ secret }: { secret: string }) {
  const urls = useBaseUrls();
  const { tool, setTool } = useKeysStore();
  if (!urls) return <Skeleton className="h-32" />;
  return (
    <Tabs
      label="Tools"
      value={tool}
      onValue={setTool}
      tabs={tools.map((name) => ({
        value: name,
        label: snippetNames[name],
        content: <CodeBlock label={`${snippetNames[name]} example`} code={snippet(name, urls, secret)} />,
      }))}
    />
  );
}
