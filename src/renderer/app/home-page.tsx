import { lazy, Suspense, useState } from 'react';
import { noFilter } from '#shared/contract/no-filter.ts';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { useCorvusQuery } from '../lib/query.ts';

const StartPage = lazy(async () => ({ default: (await import('../features/start/start-page.tsx')).StartPage }));

/** The way to the first request until there is one, then the Overview. A person who is under way ends it themselves. */
export function HomePage() {
  const [hasRequests, setHasRequests] = useState(false);
  const newest = useCorvusQuery(
    'requests.list',
    { filter: noFilter, cursor: null, limit: 1 },
    { refreshOn: hasRequests ? [] : ['requests.changed'] },
  );
  const isEmpty = newest.data?.rows.length === 0;
  if (newest.data && !isEmpty && !hasRequests) setHasRequests(true);
  const [isUnderWay, setIsUnderWay] = useState(false);
  if (newest.isPending) return null;
  if (isEmpty || isUnderWay) {
    return (
      <Suspense>
        <StartPage onBegin={() => setIsUnderWay(true)} onDone={() => setIsUnderWay(false)} />
      </Suspense>
    );
  }
  return <OverviewPage />;
}
