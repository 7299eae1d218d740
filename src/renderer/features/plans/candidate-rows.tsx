import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import type { Plan } from '#shared/domain/routing.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { TextInput } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusQuery } from '../../lib/query.ts';

type Candidate = Plan['candidates'][number];
const most = 9;

/** The models of a plan, in order. */
export function CandidateRows({
  candidates,
  slugs,
  onChange,
}: {
  candidates: readonly Candidate[];
  slugs: readonly string[];
  onChange: (candidates: Candidate[]) => void;
}) {
  const replaced = (index: number, candidate: Candidate) =>
    candidates.map((old, position) => (position === index ? candidate : old));
  const moved = (index: number, by: number) => {
    const [candidate, rest] = [candidates[index], candidates.filter((_old, position) => position !== index)];
    return candidate ? rest.toSpliced(index + by, 0, candidate) : [...candidates];
  };
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">Models, best first</legend>
      <ol className="flex flex-col gap-2">
        {candidates.map((candidate, index) => (
          // Rows have no identity but their place: two may name the same model for a moment.
          <li key={index}>
            <CandidateRow
              label={`Model ${index + 1}`}
              candidate={candidate}
              slugs={slugs}
              onChange={(changed) => onChange(replaced(index, changed))}
            >
              <IconButton
                label={`Move model ${index + 1} up`}
                disabled={index === 0}
                onClick={() => onChange(moved(index, -1))}
              >
                <ArrowUp aria-hidden />
              </IconButton>
              <IconButton
                label={`Move model ${index + 1} down`}
                disabled={index === candidates.length - 1}
                onClick={() => onChange(moved(index, 1))}
              >
                <ArrowDown aria-hidden />
              </IconButton>
              <IconButton
                label={`Remove model ${index + 1}`}
                disabled={candidates.length === 1}
                onClick={() => onChange(candidates.filter((_old, position) => position !== index))}
              >
                <X aria-hidden />
              </IconButton>
            </CandidateRow>
          </li>
        ))}
      </ol>
      <Button
        size="small"
        look="quiet"
        className="mt-2"
        icon={<Plus aria-hidden />}
        disabled={candidates.length >= most}
        onClick={() => onChange([...candidates, { model: '', route: 'auto' }])}
      >
        Add a model
      </Button>
    </fieldset>
  );
}

/** One model, and where its requests may go. */
export function CandidateRow({
  label,
  candidate,
  slugs,
  onChange,
  children,
}: {
  label: string;
  candidate: Candidate;
  slugs: readonly string[];
  onChange: (candidate: Candidate) => void;
  children?: ReactNode;
}) {
  const listId = useId();
  const providers = useCorvusQuery('providers.list', undefined);
  const routes = [
    { value: 'auto', label: 'Automatic' },
    { value: 'prepaid', label: 'Prepaid account' },
    ...(providers.data ?? []).map(({ id }) => ({ value: `provider:${id}`, label: id })),
  ];
  return (
    <div className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
      <TextInput
        aria-label={label}
        list={listId}
        placeholder="Model"
        value={candidate.model}
        onChange={(typed) => onChange({ ...candidate, model: typed.target.value })}
        className="font-mono"
      />
      <datalist id={listId}>
        {slugs.map((slug) => (
          <option key={slug} value={slug}>
            {slug}
          </option>
        ))}
      </datalist>
      <Select
        aria-label={`${label}: where`}
        className="w-44 shrink-0"
        value={candidate.route}
        options={routes}
        onValue={(route) => onChange({ ...candidate, route })}
      />
      {children && <span className="flex shrink-0">{children}</span>}
    </div>
  );
}
