import type { ParkedRequest } from '#shared/domain/parked-request.ts';
import { ParkedNotice } from '../components/parked-notice.tsx';
import { useCorvusQuery } from '../lib/query.ts';

/** Requests that wait for money, by what they wait for. */
export function ParkedBanners() {
  const parked = useCorvusQuery('parked.list', undefined, { refreshOn: ['parked.changed'] });
  const envelopes = useCorvusQuery('envelopes.list', undefined, { refreshOn: ['envelopes.changed'] });
  const groups = Object.groupBy(parked.data ?? [], ({ awaits }: ParkedRequest) =>
    awaits.kind === 'envelope' ? awaits.id : awaits.kind,
  );
  return Object.entries(groups).map(([cause, requests = []]) => (
    <ParkedNotice key={cause} requests={requests} envelope={envelopes.data?.find(({ id }) => id === cause) ?? null} />
  ));
}
