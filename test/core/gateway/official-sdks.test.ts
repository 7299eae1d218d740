import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { nanoUsd, parseUsd, sumUsd, usdText, zeroUsd } from '#shared/money.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const model = 'corvus/echo';
const user = (content: string) => [{ role: 'user' as const, content }];
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const difference = (before: string, after: string) =>
  usdText(nanoUsd((parseUsd(before) ?? 0n) - (parseUsd(after) ?? 0n)));

describe('the openai package through the whole gateway, prepaid', () => {
  test('chat, streams, tools, completions, embeddings, models; each at the cost in its row', async () => {
    const core = await startCore();
    const { client } = core.openai(await core.newKey());
    const before = await core.balance();

    const whole = await client.chat.completions.create({ model, messages: user('Hello') }).withResponse();
    expect(whole.data.choices[0]?.message.content).toContain('Hello');
    const after = await core.balance();
    const row = await core.row(whole.response.headers.get('x-request-id'));
    expect(row).toMatchObject({ status: 'completed', lane: 'prepaid', match: 'agrees', localKeyLabel: 'tool' });
    expect(row.cost).toBe(whole.response.headers.get('x-corvus-cost-usd'));
    expect(difference(before, after)).toBe(row.cost);

    const stream = client.chat.completions.stream({
      model,
      messages: user('#echo tokens 40'),
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.usage?.completion_tokens).toBe(40);

    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const asked = await client.chat.completions.create({
      model,
      messages: user('#echo tool weather {"city":"Zürich"}'),
      tools,
    });
    const [toolCall] = asked.choices[0]?.message.tool_calls ?? [];
    expect(toolCall).toMatchObject({ type: 'function', function: { name: 'weather' } });
    const message = asked.choices[0]?.message;
    if (!toolCall || !message) throw new Error('no tool was called');
    const answered = await client.chat.completions.create({
      model,
      tools,
      messages: [...user('Weather?'), message, { role: 'tool', tool_call_id: toolCall.id, content: 'Sunny in Zürich' }],
    });
    expect(answered.choices[0]?.message.content).toContain('Sunny in Zürich');

    expect((await client.completions.create({ model, prompt: 'Hello' })).choices[0]?.text).toContain('Hello');
    const embedded = await client.embeddings.create({ model: 'corvus/echo-embedding', input: 'Hello' });
    expect(embedded.data[0]?.embedding.length).toBeGreaterThan(0);

    const listed: string[] = [];
    for await (const { id } of client.models.list()) listed.push(id);
    expect(listed).toEqual(expect.arrayContaining([model, 'gpt-4.1']));
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
    await expect(client.models.retrieve('no-such-model')).rejects.toBeInstanceOf(OpenAI.NotFoundError);

    const { rows } = await core.handlers['requests.list']({
      filter: noFilter,
      cursor: null,
      limit: 50,
    });
    expect(rows).toHaveLength(6);
    const costs = await Promise.all(rows.map(async ({ id }) => parseUsd((await core.row(id)).cost ?? '') ?? zeroUsd));
    expect(difference(before, await core.balance())).toBe(usdText(sumUsd(costs)));
  });

  test('each refusal is the package’s own error, and those about money or keys are not retried', async () => {
    const core = await startCore();
    const key = await core.newKey();
    const { client } = core.openai(key);
    const ask = (content: string, slug = model) =>
      client.chat.completions.create({ model: slug, messages: user(content) });

    await expect(ask('Hello', 'gpt-4.1-minni')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(ask('#echo error 400')).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(client.embeddings.create({ model: 'claude-sonnet-5', input: 'Hello' })).rejects.toMatchObject({
      status: 400,
      code: 'dialect_not_supported',
    });

    const stranger = core.openai('sk-local-unknown');
    await expect(stranger.client.chat.completions.create({ model, messages: user('Hello') })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    expect(stranger.calls()).toBe(1);

    const [known] = await core.handlers['keys.list'](undefined);
    if (!known) throw new Error('there is no key');
    await core.handlers['keys.revoke']({ id: known.id });
    const revoked = core.openai(key);
    await expect(revoked.client.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(revoked.client.chat.completions.create({ model, messages: user('Hello') })).rejects.toMatchObject({
      code: 'invalid_api_key',
      message: expect.stringContaining('revoked'),
    });
    expect(revoked.calls()).toBe(2);
  });

  test('at a zero balance: one call, 429 insufficient_credits, and a row with that code', async () => {
    const core = await startCore();
    const { client, calls } = core.openai(await core.newKey());
    // Dear enough to empty the play money in a few calls; the last of them no longer fits.
    const spend = () =>
      client.chat.completions.create({ model: 'gpt-5.5', messages: user('#echo tokens 60000'), max_tokens: 60_000 });
    let refusal: unknown = null;
    let served = 0;
    while (refusal === null && served < 50) {
      try {
        await spend();
        served += 1;
      } catch (error) {
        refusal = error;
      }
    }
    expect(served).toBeGreaterThan(0);
    expect(refusal).toBeInstanceOf(OpenAI.RateLimitError);
    expect(refusal).toMatchObject({ status: 429, code: 'insufficient_credits', error: { reason: 'balance' } });
    expect(calls()).toBe(served + 1);
    expect(await core.newest()).toMatchObject({ status: 'refused', errorCode: 'insufficient_credits', cost: '0.00' });
    expect((await core.balance()).startsWith('-')).toBe(false);
  });
});

describe('the @anthropic-ai/sdk package through the whole gateway, prepaid', () => {
  test('messages, streams, tools, token counts, models', async () => {
    const core = await startCore();
    const { client } = core.anthropic(await core.newKey());
    const whole = await client.messages.create({ model, max_tokens: 100, messages: user('Hello') }).withResponse();
    expect(whole.data.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Hello') });
    await core.balance();
    const row = await core.row(whole.response.headers.get('request-id'));
    expect(row).toMatchObject({ status: 'completed', dialect: 'anthropic-messages', match: 'agrees' });

    const streamed = await client.messages
      .stream({ model, max_tokens: 100, messages: user('#echo tokens 40') })
      .finalMessage();
    expect(streamed.usage.output_tokens).toBe(40);

    const tools = [{ name: 'weather', input_schema: parameters }];
    const asked = await client.messages
      .stream({ model, max_tokens: 200, tools, messages: user('#echo tool weather {"city":"Zürich"}') })
      .finalMessage();
    const use = asked.content.find((block) => block.type === 'tool_use');
    expect(use).toMatchObject({ name: 'weather', input: { city: 'Zürich' } });
    const answered = await client.messages.create({
      model,
      max_tokens: 100,
      tools,
      messages: [
        ...user('Weather?'),
        { role: 'assistant', content: asked.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'Sunny in Zürich' }] },
      ],
    });
    expect(JSON.stringify(answered.content)).toContain('Sunny in Zürich');

    expect((await client.messages.countTokens({ model, messages: user('Hello') })).input_tokens).toBeGreaterThan(0);
    const listed: string[] = [];
    for await (const { id } of client.models.list()) listed.push(id);
    expect(listed).toContain(model);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, type: 'model' });
  });

  test('each refusal is the package’s own error', async () => {
    const core = await startCore();
    const { client } = core.anthropic(await core.newKey());
    const ask = (slug: string, content = 'Hello') =>
      client.messages.create({ model: slug, max_tokens: 10, messages: user(content) });
    await expect(ask('claude-sonnet-55')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(ask(model, '#echo error 400')).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    const stranger = core.anthropic('sk-local-unknown');
    await expect(stranger.client.models.list()).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    expect(stranger.calls()).toBe(1);
    const upstream = await startMockUpstream();
    const bound = core.anthropic(await core.addProvider('own', 'anthropic', upstream.origin, 'sk-own'));
    await upstream.close();
    const unreachable = bound.client.messages.create(
      { model: 'any', max_tokens: 10, messages: user('Hello') },
      { maxRetries: 0 },
    );
    await expect(unreachable).rejects.toBeInstanceOf(Anthropic.InternalServerError);
  });
});
