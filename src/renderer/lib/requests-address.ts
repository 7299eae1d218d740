import { noFilter } from '#shared/contract/no-filter.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import type { RequestId } from '#shared/ids.ts';

/** The name of each member in an address. A member that is there and empty asks for requests that have no value. */
export const filterNames = {
  lane: 'lane',
  status: 'status',
  model: 'model',
  provider: 'provider',
  localKeyId: 'key',
  tool: 'tool',
  project: 'project',
  session: 'session',
  agent: 'agent',
  cost: 'cost',
  envelopeId: 'envelope',
  match: 'charge',
  tag: 'tag',
  search: 'search',
} as const satisfies Partial<Record<keyof RequestFilter, string>>;

/** The address of the requests that a filter lets through: every count and sum of requests leads to such a list. */
export function requestsAddress(filter: Partial<RequestFilter>, id: RequestId | null = null): string {
  const parameters = writeFilter({ ...noFilter, ...filter });
  if (id !== null) parameters.set('id', id);
  const text = parameters.toString();
  return text === '' ? '/requests' : `/requests?${text}`;
}

function writeFilter(filter: RequestFilter): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [member, name] of Object.entries(filterNames)) {
    const value = filter[member as keyof typeof filterNames];
    if (value !== null) parameters.set(name, value);
  }
  if (filter.fromMs !== null) parameters.set('from', new Date(filter.fromMs).toISOString());
  if (filter.toMs !== null) parameters.set('to', new Date(filter.toMs).toISOString());
  return parameters;
}

export function isFiltered(filter: RequestFilter): boolean {
  return writeFilter(filter).size > 0;
}
