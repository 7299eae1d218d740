import type { RequestStatus } from '#shared/account/request.ts';
import { classNames } from '../lib/class-names.ts';
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

const dots: Readonly<Record<Tone, string>> = {
  neutral: 'bg-ink-3',
  accent: 'bg-accent animate-breathe',
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  play: 'bg-play',
};

const texts: Partial<Record<Tone, string>> = { warn: 'text-warn', bad: 'text-bad', accent: 'text-accent' };

export function RequestStatusLabel({ status }: { status: RequestStatus }) {
  const { name, tone, meaning } = requestStatuses[status];
  return (
    <span title={meaning} className={classNames('inline-flex items-center gap-1.5 whitespace-nowrap', texts[tone])}>
      <span aria-hidden className={classNames('size-1.5 shrink-0 rounded-full', dots[tone])} />
      {name}
    </span>
  );
}
