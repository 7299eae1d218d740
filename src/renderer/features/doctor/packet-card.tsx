import { Download } from 'lucide-react';
import type { RequestId } from '#shared/ids.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { offerFile } from '../../lib/save-file.ts';

/** Exactly what support would get, to be read before it is copied or saved. Nothing is sent. */
export function PacketCard({ id }: { id: RequestId }) {
  const packet = useCorvusQuery('doctor.packet', { requestId: id }, { isAskedOnOpening: true });
  const text = packet.data?.fields.map(({ name, value }) => `${name}: ${value}`).join('\n') ?? '';
  return (
    <Card
      title="Support packet"
      description="For a question to support: without keys, prompts and names of folders. Read it first; nothing is sent by itself."
      actions={
        packet.data && (
          <>
            <Button
              size="small"
              icon={<Download aria-hidden />}
              onClick={() => offerFile(`corvus-support-${id}.txt`, new Blob([`${text}\n`], { type: 'text/plain' }))}
            >
              Save
            </Button>
            <CopyButton text={text} label="Copy the support packet" look="primary">
              Copy
            </CopyButton>
          </>
        )
      }
    >
      {packet.isPending && <SkeletonRows rows={6} label="Putting the packet together" />}
      {packet.error && <Problem error={packet.error} onRetry={() => void packet.refetch()} />}
      {packet.data && (
        <dl
          aria-label="Support packet"
          className="grid grid-cols-[minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[10rem_minmax(0,1fr)]"
        >
          {packet.data.fields.map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
