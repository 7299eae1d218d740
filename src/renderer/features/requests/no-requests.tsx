import { Inbox, SearchX } from 'lucide-react';
import { Link } from 'wouter';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { writeView } from './use-request-view.ts';

export function NoRequests({ filter, onClear }: { filter: RequestFilter; onClear: () => void }) {
  if (writeView(filter, null) !== '') {
    return (
      <EmptyState icon={<SearchX />} title="No request fits" action={<Button onClick={onClear}>Clear filters</Button>}>
        Nothing that was recorded matches these filters.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<Inbox />} title="No requests yet">
      Point a tool at Corvus and its requests show up here as they happen. Calls without a valid key are not listed, only counted.{' '}
      <Link href="/" className="text-accent underline underline-offset-2">
        See how
      </Link>
    </EmptyState>
  );
}
