import { useState } from 'react';
import { noFilter } from '#shared/contract/requests.ts';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { StartPage } from '../features/start/start-page.tsx';
import { useCorvusQuery } from '../lib/query.ts';

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
    return <StartPage onBegin={() => setIsUnderWay(true)} onDone={() => setIsUnderWay(false)} />;
  }
  return <OverviewPage />;
}
