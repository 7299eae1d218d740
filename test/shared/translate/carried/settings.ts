import type { Samples } from './sample.ts';

const schema = { type: 'object', properties: {}, additionalProperties: false };
const config = (generationConfig: object) => ({ generationConfig });
const option = (options: object) => ({ options });

/** Everything else that a request can say. */
export const ofSettings: Samples = {
  'output limit': {
    chat: { max_completion_tokens: 100 },
    Responses: { max_output_tokens: 100 },
    Messages: { max_tokens: 100 },
    Gemini: config({ maxOutputTokens: 100 }),
    Ollama: option({ num_predict: 100 }),
  },
  temperature: {
    chat: { temperature: 0.5 },
    Responses: { temperature: 0.5 },
    Messages: { temperature: 0.5 },
    Gemini: config({ temperature: 0.5 }),
    Ollama: option({ temperature: 0.5 }),
  },
  'temperature above 1': {
    chat: { temperature: 1.5 },
    Responses: { temperature: 1.5 },
    Gemini: config({ temperature: 1.5 }),
    Ollama: option({ temperature: 1.5 }),
  },
  '`top_p`': {
    chat: { top_p: 0.5 },
    Responses: { top_p: 0.5 },
    Messages: { top_p: 0.5 },
    Gemini: config({ topP: 0.5 }),
    Ollama: option({ top_p: 0.5 }),
  },
  '`top_k`': {
    chat: { top_k: 5 },
    Messages: { top_k: 5 },
    Gemini: config({ topK: 5 }),
    Ollama: option({ top_k: 5 }),
  },
  'stop sequences': {
    chat: { stop: ['Mark'] },
    Messages: { stop_sequences: ['Mark'] },
    Gemini: config({ stopSequences: ['Mark'] }),
    Ollama: option({ stop: ['Mark'] }),
  },
  'several answers': { chat: { n: 2 }, Gemini: config({ candidateCount: 2 }) },
  'log probabilities': {
    chat: { logprobs: true },
    Responses: { top_logprobs: 2 },
    Gemini: config({ responseLogprobs: true }),
    Ollama: { logprobs: true },
  },
  'token biases': { chat: { logit_bias: { 7: 1 } } },
  seed: { chat: { seed: 7 }, Gemini: config({ seed: 7 }), Ollama: option({ seed: 7 }) },
  'penalty for words that come again often': {
    chat: { frequency_penalty: 0.5 },
    Gemini: config({ frequencyPenalty: 0.5 }),
    Ollama: option({ frequency_penalty: 0.5 }),
  },
  'penalty for words that come again at all': {
    chat: { presence_penalty: 0.5 },
    Gemini: config({ presencePenalty: 0.5 }),
    Ollama: option({ presence_penalty: 0.5 }),
  },
  'JSON without a schema': {
    chat: { response_format: { type: 'json_object' } },
    Responses: { text: { format: { type: 'json_object' } } },
    Gemini: config({ responseMimeType: 'application/json' }),
    Ollama: { format: 'json' },
  },
  'JSON with a schema': {
    chat: { response_format: { type: 'json_schema', json_schema: { schema } } },
    Responses: { text: { format: { type: 'json_schema', schema } } },
    Messages: { output_config: { format: { type: 'json_schema', schema } } },
    Gemini: config({ responseMimeType: 'application/json', responseJsonSchema: schema }),
    Ollama: { format: schema },
  },
  'name of a schema': {
    chat: { response_format: { type: 'json_schema', json_schema: { name: 'Mark', schema } } },
    Responses: { text: { format: { type: 'json_schema', name: 'Mark', schema } } },
  },
  'one word of a list': { Gemini: config({ responseMimeType: 'text/x.enum' }) },
  'reasoning effort or budget, of a model known to reason': {
    isReasoning: true,
    chat: { reasoning_effort: 'high' },
    Responses: { reasoning: { effort: 'high' } },
    Messages: { thinking: { type: 'enabled', budget_tokens: 16_000 }, max_tokens: 20_000 },
    Gemini: config({ thinkingConfig: { thinkingLevel: 'HIGH' } }),
    Ollama: { think: 'high' },
    without: { Messages: { max_tokens: 20_000 } },
  },
  'reasoning effort or budget, of any other': {
    chat: { reasoning_effort: 'high' },
    Responses: { reasoning: { effort: 'high' } },
    Messages: { thinking: { type: 'enabled', budget_tokens: 16_000 }, max_tokens: 20_000 },
    Gemini: config({ thinkingConfig: { thinkingLevel: 'HIGH' } }),
    Ollama: { think: 'high' },
    without: { Messages: { max_tokens: 20_000 } },
  },
  'summary of the reasoning': { Responses: { reasoning: { summary: 'auto' } } },
  'mode and context of the reasoning': { Responses: { reasoning: { mode: 'pro', context: 'all_turns' } } },
  'how thoughts are shown': { Messages: { thinking: { type: 'adaptive', display: 'omitted' } } },
  verbosity: { chat: { verbosity: 'low' }, Responses: { text: { verbosity: 'low' } } },
  '`user`': { chat: { user: 'Mark' }, Responses: { user: 'Mark' }, Messages: { metadata: { user_id: 'Mark' } } },
  'the caller’s `metadata`': { chat: { metadata: { job: 'Mark' } }, Responses: { metadata: { job: 'Mark' } } },
  'cache key': { chat: { prompt_cache_key: 'Mark' }, Responses: { prompt_cache_key: 'Mark' } },
  'service tier': { chat: { service_tier: 'flex' }, Responses: { service_tier: 'flex' } },
  'service tier `standard_only`': { Messages: { service_tier: 'standard_only' } },
  'storing the answer': {
    chat: { store: true },
    Responses: { store: true },
    Messages: { thread: { type: 'create' } },
  },
  'continuing a stored answer': {
    Responses: { previous_response_id: 'resp_Mark' },
    Messages: { thread: { type: 'continue', previous_message_id: 'msg_Mark' } },
  },
  'compacting the conversation': { Messages: { compaction: { type: 'summarize', instructions: 'Mark' } } },
  'answering in the background': { Responses: { background: true } },
  'stored prompt, stored contents': {
    Responses: { prompt: { id: 'Mark' } },
    Gemini: { cachedContent: 'cachedContents/Mark' },
  },
  container: { Messages: { container: 'Mark' } },
  'spoken or drawn answer': {
    chat: { modalities: ['text', 'audio'], audio: { voice: 'Mark', format: 'wav' } },
    Gemini: config({ responseModalities: ['TEXT', 'IMAGE'] }),
  },
  'safety settings, labels': {
    Gemini: { safetySettings: [{ category: 'Mark', threshold: 'OFF' }], labels: { team: 'Mark' } },
  },
  'filling in a text, tokens of an earlier answer': { 'Ollama (generate)': { suffix: 'Mark' } },
  template: { 'Ollama (generate)': { template: 'Mark' } },
  'how long a model stays loaded': { Ollama: { keep_alive: 7 } },
  'setting of an unknown name': {
    chat: { of_tomorrow: 'Mark' },
    Responses: { of_tomorrow: 'Mark' },
    Messages: { of_tomorrow: 'Mark' },
    Gemini: { ofTomorrow: 'Mark' },
    Ollama: option({ of_tomorrow: 'Mark' }),
  },
  'member of an unknown name, of a setting': {
    Responses: { text: { of_tomorrow: 'Mark' } },
    Messages: { output_config: { of_tomorrow: 'Mark' } },
    Gemini: config({ thinkingConfig: { ofTomorrow: 'Mark' } }),
  },
};
