import type { TrialFeature } from '#shared/contract/doctor.ts';
import type { Dialect } from '#shared/domain/dialect.ts';

/** The dialects that the doctor asks in; requests of the others are tried in the first. */
const trialDialects = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;
export type TrialDialect = (typeof trialDialects)[number];

export function trialDialectOf(dialect: Dialect): TrialDialect {
  return trialDialects.find((known) => known === dialect) ?? 'openai-chat';
}

const pathOf: Readonly<Record<TrialDialect, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/anthropic/v1/messages',
};

const question = 'Reply with the word ok.';
const instruction = 'Answer in one word.';
const tool = { name: 'current_time', description: 'Returns the current time.' };
const noParameters = { type: 'object', properties: {} };
/** One white point. */
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const pictureUrl = `data:image/png;base64,${picture}`;
const smallestOutput = 16;
/** The smallest budget that Anthropic takes is 1024 tokens. */
const thinkingBudget = 1_024;

/** The most tokens that a trial can use, with room for what providers add to a prompt. */
export function trialSize(dialect: TrialDialect, feature: TrialFeature): { input: number; output: number } {
  const output =
    dialect === 'anthropic-messages' && feature === 'reasoning' ? thinkingBudget + smallestOutput : smallestOutput;
  return { input: feature === 'pictures' ? 1_600 : feature === 'tools' ? 700 : 100, output };
}

/** The path and the body of a trial: the smallest request with this feature and no other. */
export function trialRequest(
  dialect: TrialDialect,
  model: string,
  feature: TrialFeature,
): { path: string; body: object } {
  return {
    path: pathOf[dialect],
    body: { model, ...(feature === 'streaming' ? { stream: true } : {}), ...bodies[dialect](feature) },
  };
}

const bodies: Readonly<Record<TrialDialect, (feature: TrialFeature) => object>> = {
  'openai-chat': (feature) => {
    const content =
      feature === 'pictures'
        ? [
            { type: 'text', text: question },
            { type: 'image_url', image_url: { url: pictureUrl } },
          ]
        : question;
    const system = feature === 'system' ? [{ role: 'system', content: instruction }] : [];
    return {
      messages: [...system, { role: 'user', content }],
      max_tokens: smallestOutput,
      ...(feature === 'tools'
        ? { tools: [{ type: 'function', function: { ...tool, parameters: noParameters } }] }
        : {}),
      ...(feature === 'reasoning' ? { reasoning_effort: 'low' } : {}),
    };
  },
  'openai-responses': (feature) => {
    const content = [
      { type: 'input_text', text: question },
      { type: 'input_image', image_url: pictureUrl },
    ];
    return {
      input: feature === 'pictures' ? [{ role: 'user', content }] : question,
      max_output_tokens: smallestOutput,
      store: false,
      ...(feature === 'system' ? { instructions: instruction } : {}),
      ...(feature === 'tools' ? { tools: [{ type: 'function', ...tool, parameters: noParameters }] } : {}),
      ...(feature === 'reasoning' ? { reasoning: { effort: 'low' } } : {}),
    };
  },
  'anthropic-messages': (feature) => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } };
    return {
      messages: [
        { role: 'user', content: feature === 'pictures' ? [{ type: 'text', text: question }, image] : question },
      ],
      max_tokens: trialSize('anthropic-messages', feature).output,
      ...(feature === 'system' ? { system: instruction } : {}),
      ...(feature === 'tools' ? { tools: [{ ...tool, input_schema: noParameters }] } : {}),
      ...(feature === 'reasoning' ? { thinking: { type: 'enabled', budget_tokens: thinkingBudget } } : {}),
    };
  },
};
