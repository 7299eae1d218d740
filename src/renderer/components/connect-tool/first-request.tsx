import { CircleCheck, LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { RequestSummary } from '#shared/account/request.ts';
import { RequestStatusLabel } from '../request-status.tsx';
import { corvus } from '../../lib/api.ts';
import { firstOfKey } from './first-of-key.ts';

interface FirstRequestProps {
  keyId: string;
  name: string;
  /** When its settings were written. Absent: they are the same as ever, so any request with its key proves it. */
  connectedAtMs?: number;
}

/**
 * Waits for the first request with a tool's key, which proves that the tool reaches Corvus, and shows it as it comes.
 */
export function FirstRequest({ keyId, name, connectedAtMs = 0 }: FirstRequestProps) {
  const [request, setRequest] = useState<RequestSummary | null>(null);
  useEffect(
    () =>
      corvus.on('requests.changed', ({ rows }) => {
        const newest = firstOfKey(rows, keyId, connectedAtMs);
        if (newest) setRequest((known) => (known === null || known.id === newest.id ? newest : known));
      }),
    [keyId, connectedAtMs],
  );
  return (
    <div
      role="status"
      aria-label="First request"
      className="flex items-start gap-3 rounded-xl bg-inset px-4 py-3 text-sm"
    >
      {request ? (
        <>
          <CircleCheck aria-hidden className="mt-0.5 size-4.5 shrink-0 text-good" />
          <div className="min-w-0 flex-1">
            <p className="font-medium">{name} reaches Corvus</p>
            <p className="flex flex-wrap items-center gap-2 break-all text-ink-2">
              {request.modelServed ?? (request.modelRequested || 'no model')} <RequestStatusLabel request={request} />
              <Link href={`/requests?key=${encodeURIComponent(keyId)}`} className="text-accent underline">
                Show its requests
              </Link>
            </p>
          </div>
        </>
      ) : (
        <>
          <LoaderCircle aria-hidden className="mt-0.5 size-4.5 shrink-0 animate-spin text-ink-3" />
          <div className="min-w-0 flex-1">
            <p className="font-medium">Waiting for its first request</p>
            <p className="text-ink-2">
              Start {name} again, so that it reads its settings, and ask it something. The request appears here.
            </p>
          </div>
        </>
      )}
    </div>
  );
}
