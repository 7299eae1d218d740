import { CreditCard } from 'lucide-react';
import { parseUsd } from '#shared/money.ts';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { showToast } from '../../components/toast.ts';
import { classNames } from '../../lib/class-names.ts';
import { exactUsd } from '../../lib/format-money.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { useBillingStore } from './billing-store.ts';
import { useOpenCheckout } from '../../lib/use-open-checkout.ts';
import { readAmount } from './read-amount.ts';

const offered = ['5', '10', '25', '50', '100'] as const;

/** Chooses an amount and opens the checkout that the account made for it. */
export function TopUpCard({ isPlayMoney }: { isPlayMoney: boolean }) {
  const { choice, customAmount, choose, setCustomAmount } = useBillingStore();
  const client = useQueryClient();
  const topUp = useCorvusCommand('billing.topup');
  const openCheckout = useOpenCheckout();
  const read = readAmount(choice === 'custom' ? customAmount : choice);
  const showsProblem = choice === 'custom' && customAmount !== '' && !read.ok;

  async function submit() {
    if (!read.ok) return;
    const order = await topUp.mutateAsync({ amount: read.amount });
    void client.invalidateQueries({ queryKey: ['billing.orders'] });
    await openCheckout.mutateAsync(order);
    showToast({
      tone: 'neutral',
      title: 'The checkout is open',
      text: 'The credit is added when the payment is confirmed.',
    });
  }

  return (
    <Card
      title="Top up"
      description={
        isPlayMoney
          ? 'This is play money: the checkout is a simulation and costs nothing.'
          : 'You pay in your browser. The credit is added when the payment is confirmed.'
      }
    >
      <form
        onSubmit={(submission) => {
          submission.preventDefault();
          submit().catch(() => undefined);
        }}
      >
        <fieldset>
          <legend className="sr-only">Amount</legend>
          <div className="grid grid-cols-3 gap-2">
            {[...offered, 'custom'].map((value) => (
              <AmountChoice key={value} value={value} isChosen={choice === value} onChoose={() => choose(value)} />
            ))}
          </div>
        </fieldset>
        {choice === 'custom' && (
          <Field
            label="Your amount"
            className="mt-4"
            hint="Between $3.00 and $10,000.00"
            error={showsProblem ? read.problem : null}
          >
            {(ids) => (
              <span className="relative">
                <span aria-hidden className="absolute top-1/2 left-3 -translate-y-1/2 text-ink-3">
                  $
                </span>
                <TextInput
                  {...ids}
                  inputMode="decimal"
                  autoFocus
                  value={customAmount}
                  onChange={(change) => setCustomAmount(change.target.value)}
                  className="tabular pl-7"
                />
              </span>
            )}
          </Field>
        )}
        <Button
          type="submit"
          look="primary"
          size="large"
          icon={<CreditCard aria-hidden />}
          isBusy={topUp.isPending || openCheckout.isPending}
          disabled={!read.ok}
          className="mt-4 w-full"
        >
          {read.ok ? `Top up ${figure(read.amount)}` : 'Top up'}
        </Button>
        <div className="mt-2">
          <InlineProblem error={topUp.error ?? openCheckout.error} />
        </div>
      </form>
    </Card>
  );
}

function AmountChoice({ value, isChosen, onChoose }: { value: string; isChosen: boolean; onChoose: () => void }) {
  return (
    <label
      className={classNames(
        'relative flex h-14 cursor-pointer items-center justify-center rounded-xl border font-semibold transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
        isChosen ? 'border-accent bg-accent-soft text-accent' : 'border-line-strong hover:bg-hover',
      )}
    >
      <input
        type="radio"
        name="amount"
        value={value}
        checked={isChosen}
        onChange={onChoose}
        className="absolute inset-0 cursor-pointer opacity-0"
      />
      {value === 'custom' ? 'Other' : `$${value}`}
    </label>
  );
}

function figure(amount: string): string {
  const value = parseUsd(amount);
  return value === null ? '' : exactUsd(value);
}
