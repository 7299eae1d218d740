import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyableValue } from '../../components/code-block.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useBaseUrls } from '../../lib/base-urls.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { KeyTable } from './key-table.tsx';
import { SnippetTabs } from './snippet-tabs.tsx';

export function KeysPage() {
  const keys = useCorvusQuery('keys.list', undefined, { refreshOn: ['keys.changed', 'requests.changed'] });
  const search = useSearch();
  const [, navigate] = useLocation();
  const [isCreating, setIsCreating] = useState(new URLSearchParams(search).has('new'));

  function close() {
    setIsCreating(false);
    if (search) navigate('/keys', { replace: true });
  }

  const createButton = (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setIsCreating(true)}>
      Create a key
    </Button>
  );
  return (
    <Page
      title="Keys"
      description="Create one for each tool. Keys work on this machine only. If one leaks, revoke it."
      actions={createButton}
    >
      <Card title="Local keys" isFlush>
        {keys.isPending && <SkeletonRows rows={4} label="Loading keys" />}
        {keys.error && (
          <div className="p-5 pt-0">
            <Problem error={keys.error} onRetry={() => void keys.refetch()} />
          </div>
        )}
        {keys.data?.length === 0 && (
          <EmptyState icon={<KeyRound />} title="No keys yet">
            Create a key for each tool to see what it spends.
          </EmptyState>
        )}
        {keys.data && keys.data.length > 0 && <KeyTable keys={keys.data} />}
      </Card>
      <HowToUse />
      <CreateKeyDialog isOpen={isCreating} onClose={close} />
    </Page>
  );
}

function HowToUse() {
  const urls = useBaseUrls();
  return (
    <Card title="Connect a tool" description="Any tool with a base URL setting works.">
      {urls && (
        <div className="mb-5 grid gap-3 text-sm text-ink-2 md:grid-cols-2">
          <div className="min-w-0">
            <p className="mb-1">Base URL for OpenAI tools</p>
            <CopyableValue label="OpenAI base URL" value={urls.openai} />
          </div>
          <div className="min-w-0">
            <p className="mb-1">Base URL for Anthropic tools</p>
            <CopyableValue label="Anthropic base URL" value={urls.anthropic} />
          </div>
        </div>
      )}
      <SnippetTabs secret="sk-local-your-key" />
    </Card>
  );
}
