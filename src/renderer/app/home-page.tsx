import { useState } from 'react';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { StartPage } from '../features/start/start-page.tsx';
import { useCorvusQuery } from '../lib/query.ts';

/** The way to the first request until there is one, then the Overview. A person who is under way ends it themselves. */
export function HomePage() {
  const facets = useCorvusQuery('requests.facets', undefined, { refreshOn: ['requests.changed'] });
  const [isUnderWay, setIsUnderWay] = useState(false);
  if (facets.isPending) return null;
  if (facets.data?.total === 0 || isUnderWay) {
    return <StartPage onBegin={() => setIsUnderWay(true)} onDone={() => setIsUnderWay(false)} />;
  }
  return <OverviewPage />;
}
