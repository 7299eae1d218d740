import { CircleAlert, CircleCheck, CircleMinus } from 'lucide-react';
import type { Output } from '#shared/contract/contract.ts';
import type { Trial, TrialFeature } from '#shared/contract/doctor.ts';
import type { RequestId } from '#shared/ids.ts';
import { parseUsd } from '#shared/money.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { exactUsd } from '../../lib/format-money.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

const featureNames: Readonly<Record<TrialFeature, string>> = {
  none: 'The smallest request',
  streaming: 'With streaming',
  system: 'With a system prompt',
  tools: 'With tools',
  pictures: 'With a picture',
  reasoning: 'With reasoning',
};

/** Small requests like the one that failed, one feature at a time; the price is shown before they are sent. */
export function TrialsCard({ id, onTried }: { id: RequestId; onTried: () => void }) {
  const cost = useCorvusQuery('doctor.trial-cost', { requestId: id });
  const run = useCorvusCommand('doctor.try');
  return (
    <Card
      title="Try it small"
      actions={
        <Button
          isBusy={run.isPending}
          disabled={!cost.data}
          onClick={() => run.mutate({ requestId: id }, { onSuccess: onTried })}
        >
          {run.isPending ? 'Sending…' : 'Send small requests'}
        </Button>
      }
    >
      <p className="text-sm break-words text-ink-2">
        {cost.data && costSentence(cost.data)} {cost.error?.message}
      </p>
      <InlineProblem error={run.error} />
      <div role="status">{run.data && <TrialList result={run.data} />}</div>
    </Card>
  );
}

function costSentence({ model, features, most }: Output<'doctor.trial-cost'>): string {
  const what =
    features.length === 1
      ? `one small request to ${model}`
      : `${features.length} small requests to ${model}, one feature each,`;
  if (most === null) return `Sends ${what} by the same route. Its price is not known; it asks for 16 tokens.`;
  return `Sends ${what} by the same route. It costs at most ${dollars(most)}.`;
}

/** What was sent, how each fared, and what that means. */
export function TrialList({ result: { trials, balance, conclusion } }: { result: Output<'doctor.try'> }) {
  return (
    <>
      <p className="mt-3 font-medium break-words">{conclusion}</p>
      <ul aria-label="Small requests" className="mt-2 flex flex-col gap-2 text-sm">
        {trials.map((trial) => (
          <li key={trial.feature} className="flex items-start gap-2">
            <OutcomeIcon outcome={trial.outcome} />
            <span className="min-w-0 break-words">
              <span className="font-medium">{featureNames[trial.feature]}:</span> {trial.text}
            </span>
          </li>
        ))}
      </ul>
      {balance && (
        <p className="mt-3 text-sm text-ink-2">
          Available balance before: {dollars(balance.before)}; after: {dollars(balance.after)}.
        </p>
      )}
    </>
  );
}

function OutcomeIcon({ outcome }: Pick<Trial, 'outcome'>) {
  const look = 'mt-0.5 size-4 shrink-0';
  if (outcome === 'works') return <CircleCheck role="img" aria-label="Works" className={`${look} text-good`} />;
  if (outcome === 'fails') return <CircleAlert role="img" aria-label="Fails" className={`${look} text-bad`} />;
  return <CircleMinus role="img" aria-label="Not tried" className={`${look} text-ink-3`} />;
}

function dollars(amount: string): string {
  const parsed = parseUsd(amount);
  return parsed === null ? amount : exactUsd(parsed);
}
