import { Server } from 'lucide-react';
import type { LocalServer } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { Button } from '../../components/button.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { plural } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

const lookAgainMs = 120_000;

/** Model servers that were found running on this machine, each to be added with one press. */
export function LocalServers({ takenIds }: { takenIds: readonly string[] }) {
  const found = useCorvusQuery('providers.discover', undefined, {
    refreshOn: ['providers.changed'],
    refreshEveryMs: lookAgainMs,
  });
  if (!found.data || found.data.length === 0) return null;
  return (
    <ul aria-label="Found on this machine" className="flex flex-col gap-2">
      {found.data.map((server) => (
        <FoundServer key={server.kind} server={server} takenIds={takenIds} />
      ))}
    </ul>
  );
}

function FoundServer({ server, takenIds }: { server: LocalServer; takenIds: readonly string[] }) {
  const add = useCorvusCommand('providers.add');
  const test = useCorvusCommand('providers.test');
  const { kind, name, baseUrl, models } = server;

  async function addAndTest() {
    const added = await add.mutateAsync({ id: freeProviderId(kind, takenIds), kind, baseUrl, custom: null, key: null });
    await test.mutateAsync({ id: added.id });
  }

  return (
    <li className="rounded-xl border border-line bg-surface px-5 py-3 shadow-card">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Server aria-hidden className="size-4.5 shrink-0 text-good" />
        <p className="min-w-0 flex-1">
          <span className="font-medium">{name} is running here</span>
          <span className="text-ink-2">
            {models === null ? '.' : ` with ${models === 0 ? 'no models yet' : plural(models, 'model')}.`}
          </span>{' '}
          <span className="font-mono text-[0.8rem] text-ink-3">{new URL(baseUrl).host}</span>
        </p>
        <Button
          size="small"
          look="primary"
          isBusy={add.isPending}
          // It stays in the list until this machine was looked at again.
          disabled={add.isSuccess}
          onClick={() => void addAndTest().catch(() => undefined)}
        >
          Add {name}
        </Button>
      </div>
      <InlineProblem error={add.error} />
    </li>
  );
}
