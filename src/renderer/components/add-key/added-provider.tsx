import { CircleCheck, CircleX } from 'lucide-react';
import type { Provider } from '#shared/domain/provider.ts';
import { Button } from '../button.tsx';
import { InlineProblem } from '../problem.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

const shownModels = 12;

/** A provider that was just added: what its test said, and the models that it brings. */
export function AddedProvider({ id }: { id: Provider['id'] }) {
  const provider = useCorvusQuery('providers.list', undefined, { refreshOn: ['providers.changed'] }).data?.find(
    (known) => known.id === id,
  );
  const test = useCorvusCommand('providers.test');
  if (!provider) return null;
  const { lastTest, models } = provider;
  const isWell = lastTest?.ok === true;
  const Icon = isWell ? CircleCheck : CircleX;
  const rest = (models?.length ?? 0) - shownModels;
  return (
    <div role="status" aria-label={`Provider ${id}`} className="rounded-xl bg-inset px-4 py-3 text-sm">
      <p className="flex items-start gap-2">
        <Icon aria-hidden className={`mt-0.5 size-4.5 shrink-0 ${isWell ? 'text-good' : 'text-bad'}`} />
        <span className="min-w-0 break-words">
          <span className="font-medium">{id} was added.</span> {lastTest?.message}
        </span>
      </p>
      {isWell && models && models.length > 0 && (
        <ul aria-label={`Models of ${id}`} className="mt-2 flex flex-wrap gap-1.5">
          {models.slice(0, shownModels).map((model) => (
            <li
              key={model}
              className="max-w-full truncate rounded-md border border-line bg-surface px-2 py-0.5 font-mono text-xs"
            >
              {model}
            </li>
          ))}
          {rest > 0 && <li className="px-1 py-0.5 text-xs text-ink-2">and {rest} more</li>}
        </ul>
      )}
      {!isWell && (
        <Button size="small" className="mt-2" isBusy={test.isPending} onClick={() => test.mutate({ id })}>
          Test again
        </Button>
      )}
      <InlineProblem error={test.error} />
    </div>
  );
}
