import { Card } from '../../components/card.tsx';
import { CopyableValue } from '../../components/code-block.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { ageText } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';

/** Where things are on this machine. */
export function AboutCard() {
  const status = useCorvusQuery('app.status', undefined);
  const nowMs = useNow();
  return (
    <Card title="About">
      {status.isPending && <Skeleton className="h-40" />}
      {status.error && <Problem error={status.error} onRetry={() => void status.refetch()} />}
      {status.data && (
        <dl className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-3 text-sm sm:grid-cols-[9rem_minmax(0,1fr)] sm:items-center">
          <dt className="text-ink-2">Version</dt>
          <dd>{status.data.version}</dd>
          <dt className="text-ink-2">Running since</dt>
          <dd>
            {ageText(nowMs - status.data.startedAtMs)} <span className="text-ink-3">(process {status.data.pid})</span>
          </dd>
          <dt className="text-ink-2">Address</dt>
          <dd>
            <CopyableValue label="gateway address" value={status.data.gatewayUrl} />
          </dd>
          <dt className="text-ink-2">Data folder</dt>
          <dd>
            <CopyableValue label="data folder" value={status.data.homePath} />
          </dd>
          <dt className="text-ink-2">Key storage</dt>
          <dd className="break-words">{status.data.secretBackend}</dd>
        </dl>
      )}
    </Card>
  );
}
