import { type SubmitEvent, useState } from 'react';
import { type OwnPriceTerms, ownPriceTermsSchema } from '#shared/domain/own-price.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { typedDollars } from '../../lib/typed-dollars.ts';

/** Which price is set, and what is known of it so far. */
export interface PriceDraft {
  model: string;
  /** '': at every provider. */
  provider: string;
  prices: Partial<OwnPriceTerms['prices']>;
}

const rates = [
  { name: 'input', label: 'Input' },
  { name: 'output', label: 'Output' },
  { name: 'cacheRead', label: 'Read from cache', hint: 'Left empty: as input.' },
  { name: 'cacheWrite5m', label: 'Written to cache', hint: 'Left empty: as input.' },
] as const satisfies readonly { name: keyof OwnPriceTerms['prices']; label: string; hint?: string }[];

/** Sets what a model costs at a provider. */
export function PriceDialog({ draft, onClose }: { draft: PriceDraft; onClose: () => void }) {
  const [provider, setProvider] = useState(draft.provider);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({ ...draft.prices });
  const providers = useCorvusQuery('providers.list', undefined);
  const set = useCorvusCommand('prices.set');
  const terms = termsOf(draft.model, provider, texts);
  const ids = new Set([...(providers.data ?? []).map(({ id }) => String(id)), ...(provider === '' ? [] : [provider])]);
  const options = [{ value: '', label: 'Every provider' }, ...[...ids].map((id) => ({ value: id, label: id }))];

  function save(submission: SubmitEvent) {
    submission.preventDefault();
    if (terms) set.mutate(terms, { onSuccess: onClose });
  }

  return (
    <Dialog
      isOpen
      title={`Price of ${draft.model}`}
      description="US dollars per million tokens, for requests from now on. Fees for requests, searches and images stay those of the catalogue. What earlier requests cost stays as it is."
      onClose={onClose}
    >
      <form className="flex flex-col gap-4" onSubmit={save}>
        <Field label="At">
          {(field) => <Select {...field} value={provider} options={options} onValue={setProvider} />}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          {rates.map(({ name, label, ...more }) => (
            <Field key={name} label={label} {...more}>
              {(field) => (
                <TextInput
                  {...field}
                  inputMode="decimal"
                  maxLength={24}
                  value={texts[name] ?? ''}
                  onChange={(typed) => setTexts({ ...texts, [name]: typed.target.value })}
                />
              )}
            </Field>
          ))}
        </div>
        <FormActions label="Set price" isReady={terms !== null} call={set} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** null while something in the form cannot be taken. */
function termsOf(model: string, provider: string, texts: Readonly<Record<string, string>>): OwnPriceTerms | null {
  const given = rates.flatMap(({ name }) => {
    const text = typedDollars(texts[name] ?? '');
    return text === '' ? [] : [[name, text] as const];
  });
  const terms = { model, provider: provider === '' ? null : provider, prices: Object.fromEntries(given) };
  return ownPriceTermsSchema.safeParse(terms).data ?? null;
}
