import { useState } from 'react';
import {
  type EnvelopePeriod,
  type EnvelopeScope,
  type EnvelopeTerms,
  envelopeTermsSchema,
} from '#shared/domain/envelope.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';
import { scopeName } from './scope-words.ts';
import { limitProblem, UnpricedChoice } from './envelope-fields.tsx';

type ScopeKind = EnvelopeScope['kind'];

interface Draft {
  kind: ScopeKind;
  /** The id, name or pattern of the scope. */
  subject: string;
  limit: string;
  period: EnvelopePeriod;
  name: string;
  allowsUnpriced: boolean;
}

const kinds: readonly { value: ScopeKind; label: string }[] = [
  { value: 'everything', label: 'All requests' },
  { value: 'key', label: 'One key' },
  { value: 'project', label: 'One project' },
  { value: 'session', label: 'One session' },
  { value: 'model', label: 'Models' },
  { value: 'provider', label: 'One provider' },
];
const periods: readonly { value: EnvelopePeriod; label: string }[] = [
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
  { value: 'once', label: 'Once, without a reset' },
];

export function NewEnvelopeDialog({ keys, onClose }: { keys: readonly LocalKey[]; onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({
    kind: 'everything',
    subject: '',
    limit: '',
    period: 'day',
    name: '',
    allowsUnpriced: false,
  });
  const edit = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const create = useCorvusCommand('envelopes.create');
  const terms = termsOf(draft, keys);
  return (
    <Dialog
      isOpen
      title="Create an envelope"
      description="It counts from now on. Of several that a request falls under, the tightest decides."
      onClose={onClose}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (terms) create.mutate(terms, { onSuccess: onClose });
        }}
      >
        <div className="grid grid-cols-2 gap-4">
          <Field label="Limit in US dollars" error={draft.limit === '' ? null : limitProblem(draft.limit)}>
            {(ids) => (
              <TextInput
                {...ids}
                inputMode="decimal"
                placeholder="5.00"
                value={draft.limit}
                onChange={(typed) => edit({ limit: typed.target.value })}
              />
            )}
          </Field>
          <Field label="Every" hint={draft.period === 'once' ? undefined : `Time zone: ${viewerTimeZone}`}>
            {(ids) => <Select {...ids} value={draft.period} options={periods} onValue={(period) => edit({ period })} />}
          </Field>
          <Field label="Pays for">
            {(ids) => (
              <Select {...ids} value={draft.kind} options={kinds} onValue={(kind) => edit({ kind, subject: '' })} />
            )}
          </Field>
          <SubjectField draft={draft} keys={keys} onSubject={(subject) => edit({ subject })} />
        </div>
        <Field label="Name" hint="Left empty, it is named after what it pays for.">
          {(ids) => (
            <TextInput
              {...ids}
              maxLength={80}
              value={draft.name}
              onChange={(typed) => edit({ name: typed.target.value })}
            />
          )}
        </Field>
        <UnpricedChoice allows={draft.allowsUnpriced} onChange={(allowsUnpriced) => edit({ allowsUnpriced })} />
        <FormActions label="Create envelope" isReady={terms !== null} call={create} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

const hints: Readonly<Record<Exclude<ScopeKind, 'everything'>, { label: string; hint?: string }>> = {
  key: { label: 'Key' },
  project: { label: 'Project', hint: 'As the header x-corvus-tag-project names it. * matches anything.' },
  session: { label: 'Session', hint: 'Its id, as a request of it shows.' },
  model: { label: 'Model', hint: '* matches anything: claude-opus-*' },
  provider: { label: 'Provider' },
};

function SubjectField({
  draft,
  keys,
  onSubject,
}: {
  draft: Draft;
  keys: readonly LocalKey[];
  onSubject: (subject: string) => void;
}) {
  const providers = useCorvusQuery('providers.list', undefined);
  if (draft.kind === 'everything') return <span />;
  const none = { value: '', label: 'Choose…' };
  const options =
    draft.kind === 'key'
      ? [
          none,
          ...keys
            .filter(({ revokedAtMs }) => revokedAtMs === null)
            .map(({ id, label }) => ({ value: String(id), label })),
        ]
      : [
          none,
          { value: 'account', label: 'Prepaid account' },
          ...(providers.data ?? []).map(({ id }) => ({ value: String(id), label: id })),
        ];
  const isChoice = draft.kind === 'key' || draft.kind === 'provider';
  return (
    <Field {...hints[draft.kind]}>
      {(ids) =>
        isChoice ? (
          <Select {...ids} value={draft.subject} options={options} onValue={onSubject} />
        ) : (
          <TextInput
            {...ids}
            maxLength={200}
            value={draft.subject}
            onChange={(typed) => onSubject(typed.target.value)}
          />
        )
      }
    </Field>
  );
}

/** null while something in the form cannot be taken. */
function termsOf(
  { kind, subject, limit, period, name, allowsUnpriced }: Draft,
  keys: readonly LocalKey[],
): EnvelopeTerms | null {
  const scope = scopeOf(kind, subject.trim());
  const terms = envelopeTermsSchema.safeParse({
    name: name.trim() || scopeName(scope as EnvelopeScope, keys).slice(0, 80),
    scope,
    limit: typedDollars(limit),
    period,
    timeZone: viewerTimeZone,
    allowsUnpriced,
  });
  return terms.success ? terms.data : null;
}

/** Not yet checked. */
function scopeOf(kind: ScopeKind, subject: string) {
  switch (kind) {
    case 'everything':
      return { kind };
    case 'key':
      return { kind, keyId: subject };
    case 'project':
      return { kind, name: subject };
    case 'session':
      return { kind, id: subject };
    case 'model':
      return { kind, pattern: subject };
    case 'provider':
      return { kind, providerId: subject };
  }
}
