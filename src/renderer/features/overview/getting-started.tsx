import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock, CopyableValue } from '../../components/code-block.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useBaseUrls } from '../../lib/base-urls.ts';

/** The way to the first request. Shown until there is one. */
export function GettingStarted() {
  const urls = useBaseUrls();
  const [, navigate] = useLocation();
  return (
    <Card title="Send your first request" description="Three steps. Everything that follows shows up here by itself.">
      <ol className="mt-1 grid gap-x-8 gap-y-6 lg:grid-cols-[0.8fr_1fr_1.5fr]">
        <Step number={1} title="Make a key for your tool">
          <p className="mb-3 text-sm text-ink-2">A local key works on this machine only and tells your tools apart.</p>
          <Button look="primary" onClick={() => navigate('/keys?new')}>
            Create a key
          </Button>
        </Step>
        <Step number={2} title="Point the tool at Corvus">
          {urls ? (
            <div className="flex flex-col gap-2.5 text-[0.8125rem] text-ink-2">
              <div>
                <p className="mb-1">Base URL for OpenAI tools</p>
                <CopyableValue label="OpenAI base URL" value={urls.openai} />
              </div>
              <div>
                <p className="mb-1">Base URL for Anthropic tools</p>
                <CopyableValue label="Anthropic base URL" value={urls.anthropic} />
              </div>
            </div>
          ) : (
            <Skeleton className="h-24" />
          )}
        </Step>
        <Step number={3} title="Or try it in a terminal">
          {urls ? <CodeBlock label="example request" code={exampleRequest(urls.openai)} /> : <Skeleton className="h-24" />}
        </Step>
      </ol>
    </Card>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="min-w-0">
      <p className="mb-2 flex items-center gap-2.5 font-medium">
        <span aria-hidden className="flex size-6 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent">
          {number}
        </span>
        {title}
      </p>
      {children}
    </li>
  );
}

function exampleRequest(baseUrl: string): string {
  return [
    `curl ${baseUrl}/chat/completions \\`,
    `  -H "authorization: Bearer $YOUR_KEY" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '{"model": "corvus/echo",`,
    `       "messages": [{"role": "user", "content": "Hello Corvus"}]}'`,
  ].join('\n');
}
