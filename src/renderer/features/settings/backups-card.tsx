import type { Backups } from '#shared/contract/storage.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyableValue } from '../../components/code-block.tsx';
import { Field } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { Problem } from '../../components/problem.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { showToast } from '../../components/toast.ts';
import { bytesText, plural } from '../../lib/format-number.ts';
import { ageText, momentText } from '../../lib/format-time.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';
import { useChangeSettings } from './use-change-settings.ts';

const counts = [1, 3, 7, 14, 30];

/** Backups of the database on this machine: how many are kept, the last one, one more now. */
export function BackupsCard({ settings: { keptBackups } }: { settings: Pick<Settings, 'keptBackups'> }) {
  const change = useChangeSettings();
  const backups = useCorvusQuery('backups.list', undefined, {
    refreshOn: ['backups.changed'],
    isAskedOnOpening: true,
  });
  const create = useCorvusCommand('backups.create');
  const backUp = () =>
    create.mutate(undefined, {
      onSuccess: ({ bytes }) => showToast({ tone: 'good', title: 'Backup made', text: bytesText(bytes) }),
      onError: ({ message }) => showToast({ tone: 'bad', title: 'No backup was made', text: message }),
    });
  return (
    <Card
      title="Backups"
      description="Requests, keys, envelopes, providers and settings. Secrets stay in the key storage and are in no backup."
      actions={
        <Button size="small" isBusy={create.isPending} onClick={backUp}>
          Back up now
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Keep daily backups" hint="One a day while Corvus runs. Older ones are deleted.">
          {(ids) => (
            <Select
              {...ids}
              className="w-56"
              value={String(keptBackups)}
              options={[
                { value: '0', label: 'None' },
                ...[...new Set([...counts, keptBackups])]
                  .filter((count) => count > 0)
                  .sort((one, other) => one - other)
                  .map((count) => ({
                    value: String(count),
                    label: count === 1 ? 'The last one' : `The last ${count}`,
                  })),
              ]}
              onValue={(count) => change({ keptBackups: Number(count) })}
            />
          )}
        </Field>
        {backups.isPending && <Skeleton className="h-16" />}
        {backups.error && <Problem error={backups.error} onRetry={() => void backups.refetch()} />}
        {backups.data && <Kept backups={backups.data} />}
      </div>
    </Card>
  );
}

function Kept({ backups: { folder, kept, problem } }: { backups: Backups }) {
  const nowMs = useNow();
  const [last] = kept;
  return (
    <>
      {problem && (
        <Notice level="warning" title="The last backup failed">
          {problem}
        </Notice>
      )}
      <dl className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-3 text-sm sm:grid-cols-[9rem_minmax(0,1fr)] sm:items-center">
        <dt className="text-ink-2">Last backup</dt>
        <dd>
          {last ? (
            <>
              {momentText(last.atMs)}{' '}
              <span className="text-ink-3">
                ({ageText(nowMs - last.atMs)}, {bytesText(last.bytes)})
              </span>
            </>
          ) : (
            'None yet'
          )}
        </dd>
        {kept.length > 1 && (
          <>
            <dt className="text-ink-2">All backups</dt>
            <dd>
              {plural(kept.length, 'backup')}, {bytesText(kept.reduce((sum, { bytes }) => sum + bytes, 0))}
            </dd>
          </>
        )}
        <dt className="text-ink-2">Folder</dt>
        <dd>
          <CopyableValue label="backup folder" value={folder} />
        </dd>
        {last && (
          <>
            <dt className="text-ink-2">To restore</dt>
            <dd>
              <p className="mb-1 text-ink-2">Quit Corvus, then run:</p>
              <CopyableValue label="restore command" value={restoreCommand(folder, last.path)} />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

/** It names the data folder, which need not be the one that a terminal would take. */
function restoreCommand(folder: string, path: string): string {
  const home = folder.replace(/[\\/][^\\/]*$/, '');
  return `corvusllm restore --home '${home}' '${path}'`;
}
