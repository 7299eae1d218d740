import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import type { KnownProvider } from '#shared/domain/provider.ts';
import { Field, SecretInput, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Switch } from '../../components/switch.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { DialectChoice } from './dialect-choice.tsx';
import { asksForAddress, type Draft, emptyDraft, newProviderOf, type Problems, problemsOf } from './new-provider.ts';

const noProblems: Problems = { id: null, baseUrl: null, dialects: null, key: null };

/** `known` is null for a place that the catalogue does not know. */
export function AddProviderForm({ known, onDone }: { known: KnownProvider | null; onDone: () => void }) {
  const providers = useCorvusQuery('providers.list', undefined);
  const [draft, setDraft] = useState(() =>
    emptyDraft(
      known,
      (providers.data ?? []).map(({ id }) => id),
    ),
  );
  const [showsProblems, setShowsProblems] = useState(false);
  const add = useCorvusCommand('providers.add');
  const test = useCorvusCommand('providers.test');
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const problems = showsProblems ? problemsOf(draft, known) : noProblems;

  async function submit() {
    setShowsProblems(true);
    const provider = newProviderOf(draft, known);
    if (!provider) return;
    const added = await add.mutateAsync(provider);
    onDone();
    // The answer shows on the card; that the provider exists does not depend on it.
    await test.mutateAsync({ id: added.id });
  }

  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(submission) => {
        submission.preventDefault();
        submit().catch(() => undefined);
      }}
    >
      {asksForAddress(known) && <AddressField known={known} draft={draft} change={change} error={problems.baseUrl} />}
      {!known?.isLocal && <KeyField known={known} draft={draft} change={change} error={problems.key} />}
      {!known && (
        <>
          <DialectChoice
            chosen={draft.dialects}
            error={problems.dialects}
            onChange={(dialects) => change({ dialects })}
          />
          <Switch
            label="Runs on this machine or network"
            hint="Its requests are free, and it needs no key."
            isOn={draft.isLocal}
            onChange={(isLocal) => change({ isLocal })}
          />
        </>
      )}
      <Field label="Name" hint="How Corvus shows it: lower-case letters, digits and dashes." error={problems.id}>
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={40}
            placeholder="my-provider"
            value={draft.id}
            onChange={(event) => change({ id: event.target.value })}
          />
        )}
      </Field>
      <FormActions label="Add and test" call={add} onCancel={onDone} />
    </form>
  );
}

interface FieldProps {
  known: KnownProvider | null;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  error: string | null;
}

function KeyField({ known, draft, change, error }: FieldProps) {
  return (
    <div className="flex flex-col gap-1.5">
      <Field
        label="Key"
        hint={known ? null : 'From the provider’s site. Leave it empty if the server needs none.'}
        error={error}
      >
        {(ids) => (
          <SecretInput
            {...ids}
            autoFocus={!asksForAddress(known)}
            value={draft.key}
            onValue={(key) => change({ key })}
          />
        )}
      </Field>
      {known && <KeySource known={known} />}
    </div>
  );
}

/** Beside the field and not its hint, so that it stays when the field complains. */
function KeySource({ known: { keyUrl, environmentVariable } }: { known: KnownProvider }) {
  return (
    <p className="text-[0.8125rem] text-ink-3">
      {keyUrl && (
        <a href={keyUrl} target="_blank" rel="noreferrer" className="rounded font-medium text-accent hover:underline">
          Get a key at {new URL(keyUrl).host}
          <ExternalLink aria-hidden className="mb-0.5 ml-1 inline size-3" />
        </a>
      )}
      {environmentVariable && (
        <>
          {' '}
          · tools often keep it in <code className="font-mono text-xs">{environmentVariable}</code>
        </>
      )}
    </p>
  );
}

function AddressField({ known, draft, change, error }: FieldProps) {
  const isResource = known !== null && !known.isLocal;
  return (
    <Field
      label={isResource ? 'Resource address' : known ? 'Address' : 'Base URL'}
      hint={
        isResource
          ? 'Paste the endpoint from the Azure portal.'
          : known
            ? 'Its usual address. Change it if yours is different.'
            : null
      }
      error={error}
    >
      {(ids) => (
        <TextInput
          {...ids}
          autoFocus
          inputMode="url"
          placeholder={isResource ? 'https://my-resource.openai.azure.com' : 'https://api.example.com/v1'}
          value={draft.baseUrl}
          onChange={(event) => change({ baseUrl: event.target.value })}
        />
      )}
    </Field>
  );
}
