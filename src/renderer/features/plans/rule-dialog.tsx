import { useState } from 'react';
import { type Routing, type RoutingRule, routingRuleSchema } from '#shared/domain/routing.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { FormActions } from '../../components/form-actions.tsx';
import { Select } from '../../components/select.tsx';
import { useRouting } from './use-change-routing.ts';

interface Draft {
  model: string;
  tools: 'any' | 'with' | 'without';
  fromTokens: string;
  toTokens: string;
  fromHour: string;
  toHour: string;
  use: string;
}

const newRule: Draft = { model: '*', tools: 'any', fromTokens: '', toTokens: '', fromHour: '', toHour: '', use: '' };
const toolOptions = [
  { value: 'any', label: 'With or without tools' },
  { value: 'with', label: 'Only with tools' },
  { value: 'without', label: 'Only without tools' },
] as const;

export function RuleDialog({ routing, onClose }: { routing: Routing; onClose: () => void }) {
  const [draft, setDraft] = useState(newRule);
  const { save, change } = useRouting();
  const rule = ruleOf(draft);
  const edit = (parts: Partial<Draft>) => setDraft({ ...draft, ...parts });
  const text = (label: string, name: keyof Omit<Draft, 'tools'>, hint?: string) => (
    <Field label={label} hint={hint}>
      {(ids) => <TextInput {...ids} value={draft[name]} onChange={(typed) => edit({ [name]: typed.target.value })} />}
    </Field>
  );
  return (
    <Dialog isOpen title="Add a rule" onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (rule) change({ ...routing, rules: [...routing.rules, rule] }, onClose);
        }}
      >
        {text('Model matches', 'model', '* matches anything, for example gpt-*')}
        <Field label="Tools">
          {(ids) => <Select {...ids} value={draft.tools} options={toolOptions} onValue={(tools) => edit({ tools })} />}
        </Field>
        <div className="grid grid-cols-2 gap-4">
          {text('Minimum input tokens', 'fromTokens', 'Optional')}
          {text('Maximum input tokens', 'toTokens', 'Optional')}
          {text('From hour', 'fromHour', '0 to 24, local time; optional')}
          {text('To hour', 'toHour')}
        </div>
        {text('Route to', 'use', 'A plan or a model')}
        <FormActions label="Add rule" isReady={rule !== null} call={save} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** null while something in the form cannot be taken. */
function ruleOf({ model, tools, fromTokens, toTokens, fromHour, toHour, use }: Draft): RoutingRule | null {
  const hours =
    fromHour.trim() === '' && toHour.trim() === '' ? null : { from: Number(fromHour || 0), to: Number(toHour || 24) };
  const rule = routingRuleSchema.safeParse({
    model,
    hasTools: tools === 'any' ? null : tools === 'with',
    minInputTokens: numberOf(fromTokens),
    maxInputTokens: numberOf(toTokens),
    hours,
    use,
  });
  return rule.success ? rule.data : null;
}

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text.replaceAll(/[\s,_]/g, ''));
}
