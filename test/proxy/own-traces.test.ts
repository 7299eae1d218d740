import { expect, test } from 'vitest';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { upstreamHeaders } from '#proxy/upstream/relayed-headers.ts';
import { requestIdSchema } from '#shared/ids.ts';

const traces = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=b',
  baggage: 'c=d',
};
const call: Call = {
  requestId: requestIdSchema.parse('req_01a1fb3238e47ccb8e04aff7b69afc21'),
  receivedAtMs: 0,
  method: 'POST',
  endpoint: '/v1/chat/completions',
  query: '',
  dialect: 'openai-chat',
  headers: { ...traces, accept: 'application/json' },
  body: Buffer.from('{}'),
  facts: {
    model: 'm',
    isStream: false,
    asksForUsage: false,
    maxOutputTokens: null,
    choices: 1,
    hasTools: false,
    inputTokenEstimate: 1,
  },
};
const target: HttpTarget = {
  kind: 'http',
  name: 'x',
  origin: 'https://x.example',
  path: '/',
  headers: {},
  mayBePrivate: false,
  injectUsage: false,
};

test('a person’s own gateway hands their trace context on, the hosted service keeps it', () => {
  expect(upstreamHeaders(call, target, 2, 'caller')).toMatchObject(traces);
  expect(upstreamHeaders(call, target, 2, 'platform')).toEqual({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-length': '2',
  });
});

test('a second key that a client sends is never handed on, whatever header it is in', () => {
  const foreign = Object.fromEntries(
    ['x-api-key', 'x-goog-api-key', 'api-key', 'apikey', 'ocp-apim-subscription-key'].map((name) => [name, 'another']),
  );
  const sent = upstreamHeaders(
    { ...call, headers: { ...foreign, authorization: 'Bearer another' } },
    { ...target, headers: { 'api-key': 'ours' } },
    2,
    'caller',
  );
  expect(sent).toEqual({ 'api-key': 'ours', 'accept-encoding': 'identity', 'content-length': '2' });
});
