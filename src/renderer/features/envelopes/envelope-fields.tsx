import { positiveUsdSchema } from '#shared/domain/envelope.ts';
import { Field } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { typedDollars } from '../../lib/typed-dollars.ts';

/** Why a limit cannot be taken as it is typed; null when it can. */
export function limitProblem(typed: string): string | null {
  return positiveUsdSchema.safeParse(typedDollars(typed)).success ? null : 'Enter an amount such as 5.00.';
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
