import { expect, onTestFinished, test } from 'vitest';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const invalidSignature = {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'messages.1.content.0: Invalid `signature` in `thinking` block' },
};
const text = (words: string) => ({ type: 'text', text: words });
const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' };
const signed = { type: 'thinking', thinking: 'So.', signature: 'EqQB' };
const user = { role: 'user', content: 'Go on.' };

async function start() {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('claude', 'anthropic', upstream.origin, 'sk-upstream-0000');
  const ask = (messages: readonly object[]) =>
    fetch(`${core.url}/anthropic/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ model: 'claude-opus-4-6', max_tokens: 100, metadata: { id: 7 }, messages }),
    });
  const refuse = () => upstream.script({ status: 400, body: JSON.stringify(invalidSignature) });
  const sent = (): unknown => JSON.parse(upstream.received.at(-1)?.body.toString() ?? '');
  return { upstream, ask, refuse, sent };
}

test('thoughts of another model, which no one signed, are left out where Claude refuses them', async () => {
  const { upstream, ask, refuse, sent } = await start();
  refuse();
  const reply = await ask([
    user,
    { role: 'assistant', content: [unsigned, text('Four.')] },
    user,
    { role: 'assistant', content: [unsigned] },
    user,
    { role: 'assistant', content: [signed, text('Five.')] },
    user,
  ]);
  expect(reply.status).toBe(200);
  expect(upstream.received).toHaveLength(2);
  expect(sent()).toEqual({
    model: 'claude-opus-4-6',
    max_tokens: 100,
    metadata: { id: 7 },
    messages: [
      user,
      { role: 'assistant', content: [text('Four.')] },
      user,
      user,
      { role: 'assistant', content: [signed, text('Five.')] },
      user,
    ],
  });
});

test('any other refusal is the answer, at once or in its first words', async () => {
  const { upstream, ask, refuse } = await start();
  refuse();
  const signedOnly = await ask([user, { role: 'assistant', content: [signed, text('Five.')] }, user]);
  expect([signedOnly.status, upstream.received.length]).toEqual([400, 1]);
  refuse();
  upstream.script({ status: 400, body: '{"type":"error","error":{"message":"max_tokens is too large"}}' });
  const both = await ask([user, { role: 'assistant', content: [unsigned, text('Four.')] }, user]);
  expect([both.status, upstream.received.length]).toEqual([400, 3]);
  expect(await both.json()).toEqual(invalidSignature);
});

test('and so are those that no one sealed, where OpenAI looks for them among its own', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('gpt', 'openai', upstream.origin, 'sk-upstream-0000');
  const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Four.' }] };
  const called = { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{}' };
  const sealed = { type: 'reasoning', id: 'rs_of_openai', summary: [], encrypted_content: 'gAAAA' };
  const notFound = { error: { message: "Item with id 'rs_req_7_0' not found.", type: 'invalid_request_error' } };
  const answer = { id: 'resp_1', object: 'response', status: 'completed', output: [said] };
  upstream.script({ status: 404, body: JSON.stringify(notFound) });
  upstream.script({ status: 200, body: JSON.stringify(answer) });
  const reply = await fetch(`${core.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: 'gpt-5.5',
      store: false,
      input: [
        user,
        {
          type: 'reasoning',
          id: 'rs_req_7_0',
          summary: [{ type: 'summary_text', text: 'Hm.' }],
          encrypted_content: null,
        },
        { ...said, id: 'msg_req_7_1' },
        { ...called, id: 'fc_req_7_2' },
        sealed,
        { ...said, id: 'msg_of_openai' },
        user,
      ],
    }),
  });
  expect([reply.status, await reply.json()]).toEqual([200, answer]);
  expect(JSON.parse(upstream.received.at(-1)?.body.toString() ?? '')).toEqual({
    model: 'gpt-5.5',
    store: false,
    input: [user, said, called, sealed, { ...said, id: 'msg_of_openai' }, user],
  });
});
