import { Mails, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { EnvelopeTable } from './envelope-table.tsx';
import { NewEnvelopeDialog } from './new-envelope-dialog.tsx';

export function EnvelopesPage() {
  const envelopes = useCorvusQuery('envelopes.list', undefined, {
    refreshOn: ['envelopes.changed'],
    isAskedOnOpening: true,
  });
  const keys = useCorvusQuery('keys.list', undefined, { refreshOn: ['keys.changed'] });
  const [isCreating, setIsCreating] = useState(false);
  const createButton = (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setIsCreating(true)}>
      Create an envelope
    </Button>
  );
  return (
    <Page
      title="Envelopes"
      description="Limits in dollars for tools, projects, models and providers, on prepaid credit and your own keys. A request that could pass one is not sent."
      actions={createButton}
    >
      <Card title="Envelopes" isFlush>
        {envelopes.isPending && <SkeletonRows rows={3} label="Loading envelopes" />}
        {envelopes.error && (
          <div className="p-5 pt-0">
            <Problem error={envelopes.error} onRetry={() => void envelopes.refetch()} />
          </div>
        )}
        {envelopes.data?.length === 0 && (
          <EmptyState icon={<Mails />} title="No envelopes yet">
            Give a tool five dollars a day, or everything fifty a month. Without an envelope nothing is limited here.
          </EmptyState>
        )}
        {envelopes.data && envelopes.data.length > 0 && (
          <EnvelopeTable envelopes={envelopes.data} keys={keys.data ?? []} />
        )}
      </Card>
      {isCreating && <NewEnvelopeDialog keys={keys.data ?? []} onClose={() => setIsCreating(false)} />}
    </Page>
  );
}
