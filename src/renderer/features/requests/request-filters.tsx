import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Output } from '#shared/contract/contract.ts';
import { laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import { Button } from '../../components/button.tsx';
import { TextInput } from '../../components/field.tsx';
import { laneNames } from '../../components/lane-label.tsx';
import { requestStatuses } from '../../components/request-status.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { type RequestView, writeView } from './use-request-view.ts';

const typingPauseMs = 250;

export function RequestFilters({ view, facets }: { view: RequestView; facets: Output<'requests.facets'> | undefined }) {
  const keys = useCorvusQuery('keys.list', undefined, { refreshOn: ['keys.changed'] });
  const { filter, setFilter } = view;
  const isFiltered = writeView(filter, null) !== '';
  return (
    <div role="search" aria-label="Filter requests" className="-mt-1 flex flex-wrap items-center gap-2">
      <SearchField value={filter.search ?? ''} onValue={(search) => setFilter({ search: search || null })} />
      <FilterSelect
        label="Lane"
        all="All lanes"
        value={filter.lane}
        options={laneSchema.options.map((lane) => ({ value: lane, label: laneNames[lane] }))}
        onValue={(lane) => setFilter({ lane })}
      />
      <FilterSelect
        label="Status"
        all="All statuses"
        value={filter.status}
        options={requestStatusSchema.options.map((status) => ({ value: status, label: requestStatuses[status].name }))}
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
        options={(keys.data ?? []).map((key) => ({ value: key.id, label: key.label }))}
        onValue={(localKeyId) => setFilter({ localKeyId })}
      />
      {isFiltered && (
        <Button look="quiet" icon={<X aria-hidden />} onClick={view.clearFilter}>
          Clear
        </Button>
      )}
    </div>
  );
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

interface FilterSelectProps<T extends string> {
  label: string;
  all: string;
  value: T | null;
  options: readonly { value: T; label: string }[];
  onValue: (value: T | null) => void;
}

function FilterSelect<T extends string>({ label, all, value, options, onValue }: FilterSelectProps<T>) {
  // A value from the address may not be among those that occur; it must be seen all the same.
  const shown = value === null || options.some((option) => option.value === value) ? options : [{ value, label: value }, ...options];
  return (
    <Select<T | ''>
      aria-label={label}
      className="w-36 flex-auto sm:flex-none"
      value={value ?? ''}
      options={[{ value: '', label: all }, ...shown]}
      onValue={(chosen) => onValue(chosen === '' ? null : chosen)}
    />
  );
}

function asOptions(values: readonly string[] = []): { value: string; label: string }[] {
  return values.map((value) => ({ value, label: value }));
}
