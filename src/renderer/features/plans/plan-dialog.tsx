import { useState } from 'react';
import { needsArbiter } from '#shared/domain/named-plan.ts';
import { type Plan, planModes, planSchema, type Routing } from '#shared/domain/routing.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { CandidateRow, CandidateRows } from './candidate-rows.tsx';
import { billingWords, ceilingWords, modeWords } from './plan-words.ts';
import { useRouting } from './use-change-routing.ts';

const noCandidate = { model: '', route: 'auto' };
const newPlan: Plan = {
  name: '',
  mode: 'mesh',
  candidates: [noCandidate, noCandidate],
  arbiter: null,
  priceCeiling: 'same-or-cheaper',
  onBillingError: 'ask',
};
const modeOptions = planModes.map((value) => ({ value, label: modeWords[value].name }));
const ceilingOptions = (['same-or-cheaper', 'any'] as const).map((value) => ({ value, label: ceilingWords[value] }));
const billingOptions = (['off', 'ask', 'on'] as const).map((value) => ({ value, label: billingWords[value] }));

/** Makes a plan, or changes one. */
export function PlanDialog({ routing, plan, onClose }: { routing: Routing; plan: Plan | null; onClose: () => void }) {
  const [draft, setDraft] = useState<Plan>(plan ?? newPlan);
  const { save, change } = useRouting();
  const models = useCorvusQuery('models.list', undefined);
  const edit = (parts: Partial<Plan>) => setDraft({ ...draft, ...parts });

  const wanted: Plan = {
    ...draft,
    candidates: draft.candidates.filter(({ model }) => model.trim() !== ''),
    arbiter: needsArbiter(draft.mode) && draft.arbiter?.model.trim() ? draft.arbiter : null,
  };
  const isTaken = routing.plans.some(({ name }) => name === wanted.name && name !== plan?.name);
  const isReady = planSchema.safeParse(wanted).success && !isTaken;
  const slugs = (models.data?.models ?? []).flatMap(({ slug, provider }) => (provider === 'plan' ? [] : [slug]));

  function submit() {
    const { plans } = routing;
    // A changed plan keeps its place. One that was removed meanwhile is made again.
    const place = plans.findIndex(({ name }) => name === plan?.name);
    if (isReady) change({ ...routing, plans: place === -1 ? [...plans, wanted] : plans.with(place, wanted) }, onClose);
  }

  return (
    <Dialog
      isOpen
      title={plan ? `Change ${plan.name}` : 'New plan'}
      onClose={onClose}
      className="w-[min(44rem,calc(100vw-2rem))]"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(submission) => {
          submission.preventDefault();
          submit();
        }}
      >
        <Field
          label="Name"
          hint="The name that tools use as a model, for example team/best"
          error={isTaken ? 'There is a plan of this name already.' : null}
        >
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={100}
              value={draft.name}
              onChange={(typed) => edit({ name: typed.target.value })}
            />
          )}
        </Field>
        <div className="flex flex-col gap-1.5">
          <Segmented
            label="What the models do"
            value={draft.mode}
            options={modeOptions}
            onValue={(mode) => edit({ mode })}
          />
          <p className="text-[0.8125rem] text-ink-3">{modeWords[draft.mode].does}</p>
        </div>
        <CandidateRows candidates={draft.candidates} slugs={slugs} onChange={(candidates) => edit({ candidates })} />
        {needsArbiter(draft.mode) && (
          <fieldset>
            <legend className="mb-1.5 text-sm font-medium">Arbiter</legend>
            <CandidateRow
              label="Arbiter"
              candidate={draft.arbiter ?? noCandidate}
              slugs={slugs}
              onChange={(arbiter) => edit({ arbiter })}
            />
          </fieldset>
        )}
        {(draft.mode === 'mesh' || draft.mode === 'auto') && (
          <div className="grid gap-4 md:grid-cols-2">
            <Field label="Fallback price limit">
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.priceCeiling}
                  options={ceilingOptions}
                  onValue={(priceCeiling) => edit({ priceCeiling })}
                />
              )}
            </Field>
            <Field label="When a balance or quota is used up">
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.onBillingError}
                  options={billingOptions}
                  onValue={(onBillingError) => edit({ onBillingError })}
                />
              )}
            </Field>
          </div>
        )}
        <FormActions label="Save plan" isReady={isReady} call={save} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
