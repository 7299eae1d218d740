import { useQueryClient } from '@tanstack/react-query';
import { Stethoscope } from 'lucide-react';
import { Link, useSearch } from 'wouter';
import { noFilter } from '#shared/contract/no-filter.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { exactTime } from '../../lib/format-time.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { PacketCard } from './packet-card.tsx';
import { TrialsCard } from './trials-card.tsx';
import { ChecksCard, VerdictCard } from './verdict-card.tsx';

/** Finds out what is wrong: with the set-up or, where the address names one, with a request. */
export function DoctorPage() {
  const search = useSearch();
  const requestId = requestIdSchema.safeParse(new URLSearchParams(search).get('request')).data ?? null;
  return <Examination key={requestId} requestId={requestId} />;
}

function Examination({ requestId }: { requestId: RequestId | null }) {
  const run = useCorvusCommand('doctor.run');
  const start = () => run.mutate({ requestId, toolId: null });
  return (
    <Page
      title="Doctor"
      description="Says which part fails, how it shows, and what to do next."
      actions={
        <Button look="primary" icon={<Stethoscope aria-hidden />} isBusy={run.isPending} onClick={start}>
          {run.data ? 'Run again' : 'Run the doctor'}
        </Button>
      }
    >
      {requestId !== null && <AboutRequest id={requestId} />}
      <SpendNote />
      {run.error && <Problem title="The doctor could not finish" error={run.error} onRetry={start} />}
      {run.isPending && (
        <Card title="Testing the account, the providers and the tools">
          <SkeletonRows rows={4} label="The doctor is running" />
        </Card>
      )}
      {run.isIdle && (
        <Card>
          <EmptyState icon={<Stethoscope />} title="Nothing was tested yet">
            The account, every provider, the proxy, the clock and the settings of connected tools are tested. Nothing is
            changed.
          </EmptyState>
        </Card>
      )}
      <div role="status" className="flex flex-col gap-5">
        {run.data && !run.isPending && <VerdictCard verdict={run.data.verdict} />}
        {run.data && !run.isPending && run.data.checks.length > 0 && <ChecksCard checks={run.data.checks} />}
      </div>
      {requestId === null ? <LatestFailure /> : <AboutOne id={requestId} />}
    </Page>
  );
}

function AboutOne({ id }: { id: RequestId }) {
  const client = useQueryClient();
  return (
    <>
      <TrialsCard id={id} onTried={() => void client.invalidateQueries({ queryKey: ['doctor.packet'] })} />
      <PacketCard id={id} />
    </>
  );
}

const failures = { filter: { ...noFilter, status: 'failures' as const }, cursor: null, limit: 1 };

/** The way to the newest failed request, where support packets are made. */
function LatestFailure() {
  const [newest] = useCorvusQuery('requests.list', failures, { refreshOn: ['requests.changed'] }).data?.rows ?? [];
  if (!newest) return null;
  return (
    <p className="text-sm break-words">
      The latest failed request was for {newest.modelRequested || 'no model'}.{' '}
      <Link href={`/doctor?request=${newest.id}`} className="text-accent underline underline-offset-2">
        Find out why, or prepare a support packet
      </Link>
    </p>
  );
}

/** What a run costs, before it is started. */
function SpendNote() {
  const providers = useCorvusQuery('providers.list', undefined, { refreshOn: ['providers.changed'] });
  if (!providers.data) return null;
  const names = providers.data.map(({ id }) => id).join(', ');
  return (
    <p className="max-w-3xl text-sm break-words text-ink-2">
      {names === ''
        ? 'A run costs nothing: no provider is set up, and asking the account for its balance is free.'
        : `A run costs less than a cent: it reads the model list of ${names}, and where that does not prove a key, makes one call for a single token. Asking the account is free.`}
    </p>
  );
}

function AboutRequest({ id }: { id: RequestId }) {
  const request = useCorvusQuery('requests.get', { id });
  return (
    <p className="text-sm break-words">
      {request.data ? (
        <>
          About the request for <span className="font-medium">{request.data.modelRequested || 'no model'}</span> of{' '}
          {exactTime(request.data.createdAtMs)}.{' '}
        </>
      ) : (
        request.error && <span className="text-bad">{request.error.message} </span>
      )}
      <Link href="/doctor" className="text-accent underline underline-offset-2">
        Test the whole set-up instead
      </Link>
    </p>
  );
}
