import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Output } from '#shared/contract/contract.ts';
import { chargeFaultText } from '#shared/account/charge-faults.ts';
import { chargeFaults, type Lane, laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import type { MatchFilter, RequestFilter, StatusFilter } from '#shared/contract/requests.ts';
import { unset } from '#shared/contract/no-filter.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { TextInput } from '../../components/field.tsx';
import { laneNames } from '../../lib/usage-words.ts';
import { requestStatuses } from '../../components/request-status.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import { isFiltered } from '../../lib/requests-address.ts';
import { FilterSelect } from './filter-select.tsx';
import type { RequestView } from './use-request-view.ts';
import { WhenFilter } from './when-filter.tsx';

const typingPauseMs = 250;

export function RequestFilters({ view, facets }: { view: RequestView; facets: Output<'requests.facets'> | undefined }) {
  const keys = useCorvusQuery('keys.list', undefined, { refreshOn: ['keys.changed'] });
  const { filter, setFilter } = view;
  return (
    <div role="search" aria-label="Filter requests" className="-mt-1 flex flex-wrap items-center gap-2">
      <SearchField value={filter.search ?? ''} onValue={(search) => setFilter({ search: search || null })} />
      <WhenFilter span={filter} onSpan={setFilter} />
      <FilterSelect
        label="Tool"
        all="All tools"
        value={filter.tool}
        options={asOptions(facets?.tools)}
        onValue={(tool) => setFilter({ tool })}
      />
      <FilterSelect
        label="Lane"
        all="All lanes"
        value={filter.lane}
        none="Not routed"
        options={laneSchema.options.map((lane): { value: Lane | typeof unset; label: string } => ({
          value: lane,
          label: laneNames[lane],
        }))}
        onValue={(lane) => setFilter({ lane })}
      />
      <FilterSelect
        label="Status"
        all="All statuses"
        value={filter.status}
        options={statuses}
        onValue={(status) => setFilter({ status })}
      />
      <FilterSelect
        label="Model"
        all="All models"
        value={filter.model}
        options={asOptions(facets?.models)}
        onValue={(model) => setFilter({ model })}
      />
      <FilterSelect
        label="Provider"
        all="All providers"
        value={filter.provider}
        options={asOptions(facets?.providers)}
        onValue={(provider) => setFilter({ provider })}
      />
      <FilterSelect
        label="Key"
        all="All keys"
        value={filter.localKeyId}
        options={(keys.data ?? []).map((key): { value: LocalKeyId | typeof unset; label: string } => ({
          value: key.id,
          label: key.label,
        }))}
        onValue={(localKeyId) => setFilter({ localKeyId })}
      />
      <ChargeFilter view={view} hasCharges={facets?.hasCharges ?? false} />
      <ProjectFilter view={view} projects={facets?.projects ?? []} />
      <NamedFilters view={view} />
      {isFiltered(filter) && (
        <Button look="quiet" icon={<X aria-hidden />} onClick={view.clearFilter}>
          Clear
        </Button>
      )}
    </div>
  );
}

/** Shown once an account has charged something. */
function ChargeFilter({ view: { filter, setFilter }, hasCharges }: { view: RequestView; hasCharges: boolean }) {
  if (!hasCharges && filter.match === null) return null;
  return (
    <FilterSelect
      label="Charge"
      all="All charges"
      value={filter.match}
      options={charges}
      onValue={(match) => setFilter({ match })}
    />
  );
}

const charges: readonly { value: MatchFilter; label: string }[] = [
  { value: 'agrees', label: 'Verified' },
  { value: 'faulty', label: 'Not in order' },
  ...chargeFaults.map((fault) => ({ value: fault, label: chargeFaultText[fault].title })),
];

/** Shown once a request had a project. */
function ProjectFilter({ view: { filter, setFilter }, projects }: { view: RequestView; projects: readonly string[] }) {
  if (projects.length === 0 && filter.project === null) return null;
  return (
    <FilterSelect
      label="Project"
      all="All projects"
      none="No project"
      value={filter.project}
      options={asOptions(projects)}
      onValue={(project) => setFilter({ project })}
    />
  );
}

const statuses: readonly { value: StatusFilter; label: string }[] = [
  { value: 'ended', label: 'Ended' },
  { value: 'failures', label: 'Not answered' },
  ...requestStatusSchema.options.map((status) => ({ value: status, label: requestStatuses[status].name })),
];

const named = [
  ['envelopeId', 'Envelope'],
  ['cost', 'Cost'],
  ['session', 'Session'],
  ['agent', 'Agent'],
  ['tag', 'Tag'],
] as const satisfies readonly (readonly [keyof RequestFilter, string])[];

/** What is chosen by a link, from a request or another page: there are too many values for a list of choices. */
function NamedFilters({ view: { filter, setFilter } }: { view: RequestView }) {
  return named.map(([member, name]) => {
    const value = filter[member];
    return (
      value !== null && (
        <span
          key={member}
          className="flex h-9 max-w-64 items-center gap-1 rounded-lg border border-line bg-inset pr-0.5 pl-3 text-sm"
        >
          <span className="truncate" title={value}>
            {name}: {value === unset ? 'none' : member === 'envelopeId' ? <EnvelopeName id={value} /> : value}
          </span>
          <IconButton label={`All ${name.toLowerCase()}s`} onClick={() => setFilter({ [member]: null })}>
            <X aria-hidden />
          </IconButton>
        </span>
      )
    );
  });
}

function EnvelopeName({ id }: { id: string }) {
  const { data } = useCorvusQuery('envelopes.list', undefined, { refreshOn: ['envelopes.changed'] });
  return data?.find((envelope) => envelope.id === id)?.name ?? id;
}

function SearchField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [text, setText] = useState(value);
  const report = useRef(onValue);
  report.current = onValue;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => report.current(text.trim()), typingPauseMs);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <span className="relative w-full min-w-44 sm:w-48">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3" />
      <TextInput
        type="search"
        aria-label="Search by model or request id"
        placeholder="Model or request id"
        maxLength={200}
        value={text}
        onChange={(change) => setText(change.target.value)}
        className="pl-9"
      />
    </span>
  );
}

function asOptions(values: readonly string[] = []): { value: string; label: string }[] {
  return values.map((value) => ({ value, label: value }));
}
