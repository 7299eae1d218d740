import { CodeBlock } from '../../components/code-block.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { type BaseUrls, useBaseUrls } from '../../lib/base-urls.ts';
import { type SnippetTool, useKeysStore } from './keys-store.ts';

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

const snippetNames: Readonly<Record<SnippetTool, string>> = {
  openai: 'OpenAI SDK',
  anthropic: 'Anthropic SDK',
  curl: 'curl',
  environment: 'Environment',
};

/** What to paste into a tool. `secret` is a real key right after it was made, else a place to put one. */
function snippet(tool: SnippetTool, urls: BaseUrls, secret: string): string {
  const lines: Readonly<Record<SnippetTool, string[]>> = {
    openai: [
      `import OpenAI from 'openai';`,
      ``,
      `const client = new OpenAI({`,
      `  baseURL: '${urls.openai}',`,
      `  apiKey: '${secret}',`,
      `});`,
    ],
    anthropic: [
      `import Anthropic from '@anthropic-ai/sdk';`,
      ``,
      `const client = new Anthropic({`,
      `  baseURL: '${urls.anthropic}',`,
      `  apiKey: '${secret}',`,
      `});`,
    ],
    curl: [
      `curl ${urls.openai}/chat/completions \\`,
      `  -H 'authorization: Bearer ${secret}' \\`,
      `  -H 'content-type: application/json' \\`,
      `  -d '{"model": "corvus/echo", "messages": [{"role": "user", "content": "Hello"}]}'`,
    ],
    environment: [
      `export OPENAI_BASE_URL='${urls.openai}'`,
      `export OPENAI_API_KEY='${secret}'`,
      `export ANTHROPIC_BASE_URL='${urls.anthropic}'`,
      `export ANTHROPIC_API_KEY='${secret}'`,
    ],
  };
  return lines[tool].join('\n');
}
