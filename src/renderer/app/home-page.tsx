import { useEffect, useState } from 'react';
import { noFilter } from '#shared/contract/no-filter.ts';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { later } from '../lib/later.tsx';
import { useCorvusQuery } from '../lib/query.ts';

const StartPage = later(async () => (await import('../features/start/start-page.tsx')).StartPage);

/** Remembers in this browser that the last visit showed requests, so that the Overview need not wait for the answer. */
const storageName = 'corvusllm.has-requests';

/**
 * The first-run page until there is a request, then the Overview. A person in the middle of the first run leaves it
 * themselves.
 */
export function HomePage() {
  const [hasRequests, setHasRequests] = useState(false);
  const newest = useCorvusQuery(
    'requests.list',
    { filter: noFilter, cursor: null, limit: 1 },
    { refreshOn: hasRequests ? [] : ['requests.changed'] },
  );
  const isEmpty = newest.data?.rows.length === 0;
  if (newest.data && !isEmpty && !hasRequests) setHasRequests(true);
  useEffect(() => {
    if (hasRequests) localStorage.setItem(storageName, 'yes');
    else if (isEmpty) localStorage.removeItem(storageName);
  }, [hasRequests, isEmpty]);
  const [isUnderWay, setIsUnderWay] = useState(false);
  const isPerhapsFirst = newest.isPending && localStorage.getItem(storageName) === null;
  useEffect(() => {
    // It comes beside the answer.
    if (isPerhapsFirst) void StartPage.load();
  }, [isPerhapsFirst]);
  if (isPerhapsFirst) return null;
  if (!isEmpty && !isUnderWay) return <OverviewPage />;
  return <StartPage onBegin={() => setIsUnderWay(true)} onDone={() => setIsUnderWay(false)} />;
}
