import type { FoundKey, Provider } from '#shared/domain/provider.ts';
import { Button } from '../button.tsx';
import { InlineProblem } from '../problem.tsx';
import { useAddTested } from '../../lib/use-add-tested.ts';
import { useCorvusCommand } from '../../lib/query.ts';

/** Looks for provider keys on this machine when told to, and adds those that the person picks. */
export function FoundKeys({ onAdded }: { onAdded: (id: Provider['id']) => void }) {
  const look = useCorvusCommand('providers.find-keys');
  if (!look.data) {
    return (
      <div className="flex flex-col items-start gap-2">
        <p className="text-sm text-ink-2">
          Corvus can look for provider keys in its environment and in your shell profiles. It reads only the variables
          in which tools keep such keys, and adds nothing by itself.
        </p>
        <Button isBusy={look.isPending} onClick={() => look.mutate(undefined)}>
          Look for keys on this machine
        </Button>
        <InlineProblem error={look.error} />
      </div>
    );
  }
  if (look.data.length === 0) {
    return (
      <p role="status" className="text-sm text-ink-2">
        No key of a known provider was found that is not in use already.
      </p>
    );
  }
  return (
    <ul aria-label="Keys found on this machine" className="flex flex-col gap-2">
      {look.data.map((key) => (
        <FoundRow key={`${key.variable} ${key.where}`} found={key} onAdded={onAdded} />
      ))}
    </ul>
  );
}

function FoundRow({ found, onAdded }: { found: FoundKey; onAdded: (id: Provider['id']) => void }) {
  const add = useAddTested();
  const { variable, where, name, hint, baseUrl } = found;
  return (
    <li className="rounded-xl border border-line px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <p className="font-medium break-words">
            {name} {hint}
          </p>
          <p className="break-words text-ink-2">
            <code className="font-mono text-xs">{variable}</code> in {where}
            {baseUrl && `, for ${baseUrl}`}
          </p>
        </div>
        <Button
          size="small"
          disabled={add.isSuccess}
          isBusy={add.isPending}
          aria-label={`Add and test ${variable} of ${where}`}
          onClick={() => add.mutate({ from: 'found', key: found }, { onSuccess: ({ id }) => onAdded(id) })}
        >
          {add.isSuccess ? 'Added' : 'Add and test'}
        </Button>
      </div>
      <InlineProblem error={add.error} />
    </li>
  );
}
