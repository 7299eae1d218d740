import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatAnthropic } from '@langchain/anthropic';
import { type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langChainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { coreOfFile, type RunningCore } from './start-core.ts';

const running = coreOfFile();

/** One model for each dialect, sold in no other. */
const models = ['glm-4.6', 'gpt-5-pro', 'claude-haiku-4-5'] as const;
const prompt = '#echo tool weather {"city":"Graz"}';
const inputSchema = z.object({ city: z.string() });
const report = (city: string): string => `It rains in ${city}.`;

type Connect = (core: RunningCore, apiKey: string, model: string) => LanguageModel;
const aiSdk: readonly [string, Connect][] = [
  ['openai, chat', ({ url }, apiKey, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat(model)],
  ['openai, Responses', ({ url }, apiKey, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses(model)],
  ['anthropic', ({ url }, apiKey, model) => createAnthropic({ baseURL: `${url}/anthropic/v1`, apiKey })(model)],
];

describe.each(aiSdk)('Vercel AI SDK, %s', (_name, connect) => {
  test.each(models)('uses a tool with %s, whole and streamed', async (slug) => {
    const core = running();
    const model = connect(core, await core.newKey(), slug);
    const tools = { weather: tool({ description: 'The weather', inputSchema, execute: ({ city }) => report(city) }) };
    const whole = await generateText({ model, prompt, tools, stopWhen: stepCountIs(3) });
    expect(whole.text).toContain(report('Graz'));
    expect(whole.steps).toHaveLength(2);
    const streamed = streamText({ model, prompt, tools, stopWhen: stepCountIs(3) });
    expect(await streamed.text).toContain(report('Graz'));
    expect((await streamed.totalUsage).inputTokens).toBeGreaterThan(0);
  });
});

type LangChainModel = ChatOpenAI | ChatAnthropic;
const langChain: readonly [string, (core: RunningCore, apiKey: string, model: string) => LangChainModel][] = [
  [
    'openai, chat',
    ({ url }, apiKey, model) =>
      new ChatOpenAI({ model, apiKey, useResponsesApi: false, configuration: { baseURL: `${url}/v1` } }),
  ],
  [
    'openai, Responses',
    ({ url }, apiKey, model) =>
      new ChatOpenAI({ model, apiKey, useResponsesApi: true, configuration: { baseURL: `${url}/v1` } }),
  ],
  [
    'anthropic',
    ({ url }, apiKey, model) =>
      new ChatAnthropic({ model, apiKey, anthropicApiUrl: `${url}/anthropic`, maxTokens: 500 }),
  ],
];

describe.each(langChain)('LangChain.js, %s', (_name, connect) => {
  test.each(models)('uses a tool with %s, whole and streamed', async (slug) => {
    const core = running();
    const weather = langChainTool(({ city }: { city: string }) => report(city), {
      name: 'weather',
      description: 'The weather',
      schema: inputSchema,
    });
    const model = connect(core, await core.newKey(), slug).bindTools([weather]);
    const asked = await model.invoke([new HumanMessage(prompt)]);
    const [call] = asked.tool_calls ?? [];
    expect(call).toMatchObject({ name: 'weather', args: { city: 'Graz' } });
    const result = new ToolMessage({ tool_call_id: call?.id ?? '', content: report('Graz') });
    let whole: AIMessageChunk | null = null;
    for await (const chunk of await model.stream([new HumanMessage(prompt), asked, result]))
      whole = whole ? whole.concat(chunk) : chunk;
    expect(whole?.text).toContain(report('Graz'));
  });
});
