import type { EnvelopeState } from '#shared/domain/envelope.ts';
import type { ParkedRequest } from '#shared/account/parked-request.ts';
import { envelopeIdSchema } from '#shared/ids.ts';
import { dayMs } from '#shared/time.ts';
import { ParkedNotice } from '../../../src/renderer/components/parked-notice.tsx';
import { Card } from '../../../src/renderer/components/card.tsx';
import { EnvelopeTable } from '../../../src/renderer/features/envelopes/envelope-table.tsx';
import { ParkedRequests } from '../../../src/renderer/features/requests/parked-requests.tsx';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { localKey, longText, nowMs, requestId } from '../samples.ts';

const key = localKey(1);

function envelope(number: number, change: Partial<EnvelopeState> = {}): EnvelopeState {
  return {
    id: envelopeIdSchema.parse(`env_${number}`),
    name: 'Editor, daily',
    scope: { kind: 'key', keyId: key.id },
    limit: '5.00',
    period: 'day',
    timeZone: 'Europe/Berlin',
    allowsUnpriced: false,
    isPaused: false,
    createdAtMs: nowMs,
    countsFromMs: nowMs,
    spent: '1.25',
    held: '0.4203',
    left: '3.3297',
    periodStartMs: nowMs,
    resetsAtMs: nowMs + dayMs,
    ...change,
  };
}

const parked = (number: number, more: Partial<ParkedRequest> = {}): ParkedRequest => ({
  requestId: requestId(number),
  localKeyId: localKey(1).id,
  localKeyLabel: 'Editor',
  model: 'claude-opus-4-5',
  awaits: { kind: 'balance' as const },
  required: '0.0421',
  offer: null,
  sinceMs: nowMs - 75_000,
  untilMs: nowMs + 525_000,
  ...more,
});
const offer: ParkedRequest['offer'] = {
  here: { lane: 'prepaid', provider: 'account', most: '0.0421' },
  there: { lane: 'byok', provider: 'openai', most: '0.0405' },
};
const offered = [
  parked(53, { offer }),
  parked(54, { localKeyLabel: longText, model: longText, offer: { ...offer, there: { ...offer.there, most: null } } }),
  parked(55, {
    offer: { ...offer, there: { lane: 'local', provider: 'a-server-with-a-long-name-of-forty-letters', most: '0.00' } },
  }),
];
const waiting = [parked(51), parked(52, { localKeyLabel: longText, model: longText, required: null })];

const atEnvelope = (request: ParkedRequest) => ({
  ...request,
  awaits: { kind: 'envelope' as const, id: envelope(9).id },
});

const various = [
  envelope(1),
  envelope(2, {
    name: 'Everything',
    scope: { kind: 'everything' },
    period: 'month',
    limit: '50.00',
    spent: '41.007',
    held: '0.00',
    left: '8.993',
  }),
  envelope(3, {
    name: 'Nightly research of the platform team, second attempt after the first one failed',
    scope: { kind: 'project', name: 'a-project-with-a-name-that-hardly-fits-into-any-column-of-any-table' },
    period: 'once',
    limit: '999999999.99',
    spent: '1000000000.123456789',
    held: '0.00',
    left: '0.00',
    resetsAtMs: null,
  }),
  envelope(4, {
    name: 'Opus',
    scope: { kind: 'model', pattern: 'claude-opus-*' },
    isPaused: true,
    spent: '0.00',
    held: '0.00',
    left: '5.00',
  }),
];

export const envelopes: Group = {
  id: 'envelopes',
  name: 'Envelopes',
  entries: [
    entry('Requests that wait for money', <ParkedRequests />, answer('parked.list', undefined, waiting)),
    entry('Requests that may go elsewhere', <ParkedRequests />, answer('parked.list', undefined, offered)),
    entry('A request waits, and may go elsewhere', <ParkedNotice requests={offered.slice(0, 1)} envelope={null} />),
    entry('Requests wait, and may go elsewhere', <ParkedNotice requests={[...waiting, ...offered]} envelope={null} />),
    entry('A request waits for the balance', <ParkedNotice requests={waiting.slice(0, 1)} envelope={null} />),
    entry('Requests wait for an envelope', <ParkedNotice requests={waiting.map(atEnvelope)} envelope={envelope(9)} />),
    entry(
      'Envelopes',
      <Card title="Envelopes" isFlush>
        <EnvelopeTable envelopes={various} keys={[key]} />
      </Card>,
    ),
  ],
};
