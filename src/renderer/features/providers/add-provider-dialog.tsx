import { useState } from 'react';
import type { ConversationDialect } from '#shared/domain/dialect.ts';
import { newProviderSchema } from '#shared/domain/provider.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { Button } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Switch } from '../../components/switch.tsx';
import { useCorvusCommand } from '../../lib/query.ts';
import { useProvidersStore } from './providers-store.ts';

export function AddProviderDialog() {
  const { dialog, close } = useProvidersStore();
  return (
    <Dialog
      isOpen={dialog.kind === 'add'}
      title="Add a provider"
      description="The key is stored on this machine only and sent to this address only."
      onClose={close}
    >
      <AddProviderForm onDone={close} />
    </Dialog>
  );
}

interface Draft {
  id: string;
  dialect: ConversationDialect;
  baseUrl: string;
  isLocal: boolean;
  key: string;
}

const emptyDraft: Draft = { id: '', dialect: 'openai-chat', baseUrl: '', isLocal: false, key: '' };
const exampleUrls = {
  'openai-chat': 'https://api.openai.com/v1',
  'openai-responses': 'https://api.openai.com/v1',
  'anthropic-messages': 'https://api.anthropic.com',
} as const;

function AddProviderForm({ onDone }: { onDone: () => void }) {
  const [draft, setDraft] = useState(emptyDraft);
  const [showsProblems, setShowsProblems] = useState(false);
  const add = useCorvusCommand('providers.add');
  const test = useCorvusCommand('providers.test');
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const problems = showsProblems ? problemsOf(draft) : noProblems;

  async function submit() {
    setShowsProblems(true);
    const parsed = newProviderSchema.safeParse(asInput(draft));
    if (!parsed.success) return;
    const added = await add.mutateAsync(parsed.data);
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
      <Segmented
        label="Format"
        value={draft.dialect}
        options={[
          { value: 'openai-chat', label: 'OpenAI format' },
          { value: 'anthropic-messages', label: 'Anthropic format' },
        ]}
        onValue={(dialect) => change({ dialect })}
      />
      <Field label="Name" hint="Lower-case letters, digits and dashes; it stands in front of model names." error={problems.id}>
        {(ids) => (
          <TextInput
            {...ids}
            autoFocus
            maxLength={40}
            placeholder="my-provider"
            value={draft.id}
            onChange={(event) => change({ id: event.target.value })}
          />
        )}
      </Field>
      <Field label="Base URL" error={problems.baseUrl}>
        {(ids) => (
          <TextInput
            {...ids}
            inputMode="url"
            placeholder={draft.isLocal ? 'http://127.0.0.1:11434/v1' : exampleUrls[draft.dialect]}
            value={draft.baseUrl}
            onChange={(event) => change({ baseUrl: event.target.value })}
          />
        )}
      </Field>
      <Switch
        label="Runs on this machine or network"
        hint="No cost is counted, and no key is needed."
        isOn={draft.isLocal}
        onChange={(isLocal) => change({ isLocal })}
      />
      <Field label="Key" hint={draft.isLocal ? 'Only if the server asks for one.' : 'From the provider’s own site.'} error={problems.key}>
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            autoComplete="new-password"
            maxLength={4096}
            value={draft.key}
            onChange={(event) => change({ key: event.target.value })}
          />
        )}
      </Field>
      <InlineProblem error={add.error} />
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={add.isPending}>
          Add and test
        </Button>
      </DialogActions>
    </form>
  );
}

function asInput(draft: Draft): unknown {
  const { id, dialect, baseUrl, isLocal, key } = draft;
  return {
    id: id.trim(),
    kind: 'custom',
    baseUrl: baseUrl.trim(),
    custom: { dialects: [dialect], isLocal },
    key: key.trim() === '' ? null : key,
  };
}

interface Problems {
  id: string | null;
  baseUrl: string | null;
  key: string | null;
}

const noProblems: Problems = { id: null, baseUrl: null, key: null };

function problemsOf(draft: Draft): Problems {
  const isUrlRight = newProviderSchema.shape.baseUrl.safeParse(draft.baseUrl.trim()).success;
  return {
    id: providerIdSchema.safeParse(draft.id.trim()).success ? null : 'Use lower-case letters, digits and dashes, 40 at most.',
    baseUrl: isUrlRight ? null : 'Enter an address that begins with https:// or http://.',
    key: null,
  };
}
