import { Compass } from 'lucide-react';
import { Link } from 'wouter';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState icon={<Compass />} title="This address leads nowhere">
        <Link href="/" className="text-accent underline underline-offset-2">
          Go to the overview
        </Link>
      </EmptyState>
    </Page>
  );
}
