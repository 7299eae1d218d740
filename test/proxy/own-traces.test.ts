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

const movesTheCall = {
  'x-portkey-custom-host': 'https://evil.example',
  'helicone-target-url': 'https://evil.example',
  'helicone-openai-api-base': 'https://evil.example',
  'x-original-url': '/v1/files',
  'x-rewrite-url': '/v1/files',
  'x-http-method-override': 'DELETE',
  'x-http-method': 'DELETE',
};

test('no header says where a call goes with its key, or as what', () => {
  const sent = upstreamHeaders({ ...call, headers: { ...movesTheCall, 'x-own': 'kept' } }, target, 2, 'caller');
  expect(sent).toEqual({ 'x-own': 'kept', 'accept-encoding': 'identity', 'content-length': '2' });
});

test('a customer’s headers choose nothing of the service’s own account at an upstream (F07, F16)', () => {
  const known = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'tool/1',
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'context-1m-2025-08-07',
    'openai-beta': 'responses=v1',
    'x-stainless-lang': 'js',
  };
  const others = {
    ...movesTheCall,
    // Who is billed.
    'openai-organization': 'org-2',
    'openai-project': 'proj_2',
    'x-goog-user-project': 'project-2',
    // An answer that is fetched later, comes in another form or is another's.
    prefer: 'respond-async',
    'x-dashscope-async': 'enable',
    'x-dashscope-sse': 'enable',
    'nvcf-poll-seconds': '1',
    'idempotency-key': 'of-another-customer',
    'cf-aig-cache-key': 'of-another-customer',
    'if-none-match': '*',
    range: 'bytes=0-10',
    // An answer without its usage.
    'x-goog-fieldmask': 'choices',
    'x-anything-new': '1',
  };
  const sent = upstreamHeaders({ ...call, headers: { ...known, ...others } }, target, 2, 'platform');
  expect(sent).toEqual({ ...known, 'accept-encoding': 'identity', 'content-length': '2' });
});
