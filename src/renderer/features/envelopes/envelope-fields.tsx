import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';

/** An amount as people type it: "$1,250" is "1250". Left unchecked. */
export function dollarsOf(typed: string): string {
  return typed
    .trim()
    .replace(/^\$\s*/, '')
    .replaceAll(',', '');
}

const options = [
  { value: 'refuse', label: 'Refuse them' },
  { value: 'allow', label: 'Let them pass uncounted' },
] as const;

export function UnpricedChoice({ allows, onChange }: { allows: boolean; onChange: (allows: boolean) => void }) {
  return (
    <Field label="Requests without a known price">
      {(ids) => (
        <Select
          {...ids}
          value={allows ? 'allow' : 'refuse'}
          options={options}
          onValue={(choice) => onChange(choice === 'allow')}
        />
      )}
    </Field>
  );
}
