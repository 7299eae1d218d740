import { Inbox, SearchX } from 'lucide-react';
import { Link } from 'wouter';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { isFiltered } from '../../lib/requests-address.ts';

export function NoRequests({ filter, onClear }: { filter: RequestFilter; onClear: () => void }) {
  if (isFiltered(filter)) {
    return (
      <EmptyState
        icon={<SearchX />}
        title="No matching requests"
        action={<Button onClick={onClear}>Clear filters</Button>}
      >
        No recorded request matches these filters.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<Inbox />} title="No requests yet">
      Connect a tool, and its requests appear here as they happen. Calls without a valid key are counted but not listed.{' '}
      <Link href="/start" className="text-accent underline underline-offset-2">
        See how
      </Link>
    </EmptyState>
  );
}
