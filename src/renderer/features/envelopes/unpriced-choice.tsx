import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';

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
