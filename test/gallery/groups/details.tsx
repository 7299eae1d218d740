import type { Capture } from '#shared/contract/captures.ts';
import { chargeFaultText } from '../../../src/shared/account/charge-faults.ts';
import { chargeFaults, type RequestDetail } from '../../../src/shared/account/request.ts';
import { CapturedBodies } from '../../../src/renderer/features/requests/captured-bodies.tsx';
import { RequestDetailPanel } from '../../../src/renderer/features/requests/request-detail-panel.tsx';
import { answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { cacheBreak, attempt, detail, everyStatus, longRequest, longText, request, requestId } from '../samples.ts';

const variants: Readonly<Record<string, Partial<RequestDetail>>> = {
  settled: {},
  ...Object.fromEntries(chargeFaults.map((match) => [chargeFaultText[match].title, { match, settledCost: '0.0201' }])),
  'with a minimum charge': { billing: { plan: 'tokens', minimum: '0.05' }, settledCost: '0.05', cost: '0.05' },
  'paid in credits': {
    billing: { plan: 'credits', mode: 'mesh', reserved: '0.10' },
    settledCost: '0.02',
    cost: '0.02',
  },
  'not settled yet': { costKind: 'pending', settledCost: null, match: null, balanceAfter: null },
  'own key, after a failed attempt': {
    lane: 'byok',
    provider: 'openai',
    costKind: 'estimate',
    settledCost: null,
    match: null,
    balanceAfter: null,
    routeReason: 'may-serve',
    translatedTo: 'anthropic-messages',
    attempts: [attempt(1, 503, 'upstream_error'), attempt(2, null, 'upstream_connection_error'), attempt(3, 200, null)],
  },
  refused: {
    ...everyStatus[4],
    usage: null,
    unitPrices: null,
    meteredCost: null,
    settledCost: null,
    match: null,
    attempts: [],
    errorMessage: 'The balance does not cover this request.',
  },
  failed: {
    ...everyStatus[5],
    usage: null,
    unitPrices: null,
    meteredCost: null,
    settledCost: null,
    match: null,
    attempts: [attempt(1, null, 'upstream_connection_error')],
  },
  running: {
    ...everyStatus[0],
    usage: null,
    unitPrices: null,
    meteredCost: null,
    settledCost: null,
    match: null,
    attempts: [],
  },
  'answered by several models': {
    costKind: 'parts',
    plan: 'corvus/compare:gpt-4.1,claude-haiku-4-5',
    routeReason: 'plan',
    parts: [request(40, { modelRequested: 'gpt-4.1' }), longRequest],
  },
  'a prompt that was paid again': { cacheBreak: cacheBreak() },
  'long values': {
    ...longRequest,
    cost: '1234.567891234',
    userAgent: longText,
    plan: longText,
    errorMessage: longText,
    errorCode: 'unknown',
  },
};

const samples = Object.entries(variants).map(([name, change], index) => ({
  name,
  shown: { ...detail(change), id: requestId(60 + index) },
}));

function Panel({ id }: { id: RequestDetail['id'] }) {
  return (
    <div className="relative flex h-[48rem] justify-end">
      <RequestDetailPanel id={id} onClose={() => {}} />
    </div>
  );
}

const missing = requestId(90);

const body = (text: string | null, isCut = false) => ({ text, bytes: isCut ? 1_310_720 : (text?.length ?? 42), isCut });
const captures: Readonly<Record<string, Capture>> = {
  'of a stream': {
    request: body('{"model":"gpt-5.5","stream":true,"messages":[{"role":"user","content":"Say hello."}]}'),
    response: body('data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n'.repeat(30), true),
  },
  'of no text': { request: body(null), response: body('') },
};

export const details: Group = {
  id: 'details',
  name: 'Request details',
  entries: [
    ...samples.map(({ name, shown }) =>
      entry(
        `Details, ${name}`,
        <Panel id={shown.id} />,
        answer('requests.get', { id: shown.id }, shown),
        answer('account.verify-receipt', { id: shown.id }, { status: 'verified', fault: null }),
      ),
    ),
    entry(
      'Details, with an error',
      <Panel id={missing} />,
      refusal('requests.get', { id: missing }, 'This request was not found.'),
    ),
    ...Object.entries(captures).map(([name, capture], index) =>
      entry(
        `Bodies, ${name}`,
        <CapturedBodies id={requestId(92 + index)} />,
        answer('captures.get', { id: requestId(92 + index) }, capture),
      ),
    ),
    entry('Details, loading', <Panel id={requestId(91)} />),
  ],
};
