import type { RequestStatus, RequestSummary } from '#shared/account/request.ts';
import { refusalWords } from '#shared/account/refusal-words.ts';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import { useCorvusQuery } from '../lib/query.ts';
import type { Tone } from './badge.tsx';

interface StatusFacts {
  name: string;
  tone: Tone;
  meaning: string;
}

export const requestStatuses: Readonly<Record<RequestStatus, StatusFacts>> = {
  open: { name: 'Running', tone: 'accent', meaning: 'The answer is still coming.' },
  completed: { name: 'Done', tone: 'good', meaning: 'The whole answer was delivered.' },
  truncated: { name: 'Incomplete', tone: 'warn', meaning: 'The upstream stopped in the middle of its answer.' },
  cancelled: { name: 'Cancelled', tone: 'neutral', meaning: 'The tool disconnected before the answer ended.' },
  refused: { name: 'Refused', tone: 'warn', meaning: 'Corvus or the upstream refused it before any answer.' },
  failed: { name: 'Failed', tone: 'bad', meaning: 'The upstream could not be reached or did not answer.' },
  interrupted: { name: 'Interrupted', tone: 'warn', meaning: 'Corvus stopped while the request was running.' },
};

const refuserNames = { corvus: 'Corvus', account: 'Account', provider: 'Provider' } as const;

const dots: Readonly<Record<Tone, string>> = {
  neutral: 'bg-ink-3',
  accent: 'bg-accent animate-breathe',
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  play: 'bg-play',
};

const texts: Partial<Record<Tone, string>> = { warn: 'text-warn', bad: 'text-bad', accent: 'text-accent' };

interface RequestStatusProps {
  request: Pick<RequestSummary, 'id' | 'status' | 'refusedBy' | 'httpStatus'>;
  /** There is room to say who refused it in words; without, the title does. */
  isLong?: boolean;
}

export function RequestStatusLabel({ request, isLong = false }: RequestStatusProps) {
  const { status, refusedBy, httpStatus } = request;
  if (status === 'open') return <OpenLabel id={request.id} />;
  const facts = requestStatuses[status];
  if (status !== 'refused' || refusedBy === null) return <Label facts={facts}>{facts.name}</Label>;
  const words = `Refused by ${refusalWords(request)}`;
  return (
    <Label facts={{ ...facts, meaning: `${words}, before any answer.` }}>
      {isLong ? (
        words
      ) : (
        <>
          <span aria-hidden>
            {refuserNames[refusedBy]} {httpStatus}
          </span>
          <span className="sr-only">{words}</span>
        </>
      )}
    </Label>
  );
}

const waiting: StatusFacts = { name: 'Waiting', tone: 'warn', meaning: 'It waits for money.' };

/** Running, or waiting for money. */
function OpenLabel({ id }: Pick<RequestSummary, 'id'>) {
  const parked = useCorvusQuery('parked.list', undefined, { refreshOn: ['parked.changed'] });
  const isParked = parked.data?.some(({ requestId }) => requestId === id) ?? false;
  const facts = isParked ? waiting : requestStatuses.open;
  return <Label facts={facts}>{facts.name}</Label>;
}

function Label({ facts: { tone, meaning }, children }: { facts: StatusFacts; children: ReactNode }) {
  return (
    <span title={meaning} className={classNames('inline-flex items-center gap-1.5 whitespace-nowrap', texts[tone])}>
      <span aria-hidden className={classNames('size-1.5 shrink-0 rounded-full forced-color-adjust-none', dots[tone])} />
      {children}
    </span>
  );
}
