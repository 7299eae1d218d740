import type { Dialect, GatewayDialect } from '#shared/domain/dialect.ts';

/**
 * Which members of a request can be sold from a balance. The upstream's account belongs to the service: a member whose
 * cost is not in the request's bytes is either held for by a bound or refused, and so is a reference to something
 * stored in that account, which could be another customer's. Unlisted members are refused. docs/billing.md shows the
 * rows that are not free (a test compares them).
 *
 * `free`: its cost is in the bytes, or it has none. `checked`: it depends on the value, see inspect-request.ts.
 * `refused`: for this reason.
 */
export type FeatureRule = 'free' | 'checked' | { refused: string };

type Rules = Readonly<Record<string, FeatureRule>>;

/** Names in one text, to keep their tables readable. */
export const words = (text: string): string[] => text.split(' ');

const refused = (reason: string): FeatureRule => ({ refused: reason });
const free = (...names: readonly string[]): Rules => Object.fromEntries(names.map((name) => [name, 'free']));

const stored = 'it refers to something stored in an upstream account that all customers share';
const hosted = 'it runs at the upstream at a cost that is not known beforehand';
const anotherPrice = 'it changes the price of the request';

/** Members that upstreams of several families understand and that cost nothing. */
const common = free(
  ...words('model stream stream_options temperature top_p top_k min_p stop seed user metadata store'),
  ...words(
    'prompt_cache_key prompt_cache_retention prompt_cache_options safety_identifier parallel_tool_calls tool_choice',
  ),
  ...words(
    'logprobs top_logprobs logit_bias frequency_penalty presence_penalty repetition_penalty reasoning verbosity',
  ),
  ...words('reasoning_effort include_reasoning reasoning_split enable_thinking thinking thinking_budget moderation'),
  ...words(
    'chat_template_kwargs do_sample random_seed safe_prompt prompt_mode request_id user_id tool_stream client_metadata cache_salt',
  ),
);

const sharedRefusals: Rules = {
  service_tier: 'checked',
  ...refusedNames([['background', 'its answer is fetched later, so it could not be charged']]),
};

const chat: Rules = {
  ...common,
  ...sharedRefusals,
  ...free('max_tokens', 'max_completion_tokens', 'n', 'response_format', 'functions', 'function_call'),
  messages: 'checked',
  tools: 'checked',
  modalities: 'checked',
  audio: 'checked',
  web_search_options: 'checked',
  prediction: refused('rejected predictions are charged as output that is never returned'),
};

/**
 * How the endpoints of several models list them; without a plan such lists would mean other models at another price.
 */
export const planMembers: ReadonlySet<string> = new Set(['models', 'contestants', 'judge', 'synthesizer']);

export const memberRules: Readonly<Record<Exclude<Dialect, GatewayDialect | 'openai-passthrough'>, Rules>> = {
  'openai-chat': chat,
  'openai-completions': {
    ...common,
    ...sharedRefusals,
    ...free('prompt', 'suffix', 'max_tokens', 'n', 'best_of', 'echo', 'response_format'),
  },
  'openai-embeddings': {
    ...free('model', 'dimensions', 'encoding_format', 'user', 'input_type', 'truncate', 'metadata'),
    input: 'checked',
  },
  'openai-responses': {
    ...common,
    ...sharedRefusals,
    ...free('max_output_tokens', 'max_tool_calls', 'text', 'truncation', 'include'),
    input: 'checked',
    instructions: 'checked',
    tools: 'checked',
    context_management: refused('compacting a conversation calls the model once more'),
    ...refusedNames([
      ['previous_response_id', stored],
      ['conversation', stored],
      ['prompt', stored],
    ]),
  },
  'anthropic-messages': messagesRules(),
  'anthropic-count-tokens': messagesRules(),
};

function messagesRules(): Rules {
  return {
    ...common,
    ...free('max_tokens', 'stop_sequences', 'cache_control', 'output_config', 'output_format', 'diagnostics'),
    service_tier: 'checked',
    messages: 'checked',
    system: 'checked',
    tools: 'checked',
    speed: 'checked',
    inference_geo: 'checked',
    context_management: 'checked',
    mcp_servers: refused(hosted),
    container: refused(stored),
    workspace_id: refused(stored),
    user_profile_id: refused(stored),
  };
}

/** Values of `speed` and `inference_geo` without a surcharge. */
export const plainValues: Readonly<Record<string, readonly string[]>> = {
  speed: ['standard'],
  inference_geo: ['global', 'not_available'],
};
export const dearValues = anotherPrice;
/** Service tiers at the model's own price, whatever the model. Others need a price of their own. */
export const plainTiers: ReadonlySet<string> = new Set(['auto', 'default', 'standard', 'standard_only', 'flex']);
/** Context edits that only leave something out. `compact_…` calls the model once more. */
export const freeEdits = /^clear_[a-z_]+_\d{8}$/;

/** `searches`: held for by their number. `fetches`: held for by the model's context window. */
export type ToolRule = 'free' | 'searches' | 'fetches' | 'nested' | 'local' | { refused: string };
type ToolRules = Readonly<Record<string, ToolRule>>;
const freeTools = (...names: readonly string[]): ToolRules => Object.fromEntries(names.map((name) => [name, 'free']));

const openaiHosted: ToolRules = Object.fromEntries(
  [
    ['file_search', stored],
    ['code_interpreter', hosted],
    ['image_generation', hosted],
    ['mcp', hosted],
    ['programmatic_tool_calling', hosted],
  ].map(([name = '', reason = '']) => [name, { refused: reason }]),
);

/** By the tool's type without its date. `local`: free while its environment is the caller's. */
export const toolRules: Readonly<Record<'openai-chat' | 'openai-responses' | 'anthropic-messages', ToolRules>> = {
  'openai-chat': freeTools('function', 'custom'),
  'openai-responses': {
    ...freeTools('function', 'custom', 'computer', 'computer_use_preview', 'local_shell', 'apply_patch', 'tool_search'),
    namespace: 'nested',
    shell: 'local',
    web_search: 'searches',
    web_search_preview: 'searches',
    ...openaiHosted,
  },
  'anthropic-messages': {
    ...freeTools('custom', 'bash', 'text_editor', 'computer', 'memory', 'computer_toolset', 'browser_toolset'),
    ...freeTools('tool_search_tool_regex', 'tool_search_tool_bm25'),
    web_search: 'searches',
    web_fetch: 'fetches',
    code_execution: { refused: hosted },
    mcp_toolset: { refused: hosted },
  },
};

/** Content parts, and items of a Responses input: unlisted types are refused. */
export const partTypes: ReadonlySet<string> = new Set([
  ...words('text input_text output_text summary_text reasoning_text refusal thinking redacted_thinking reasoning'),
  ...words('image_url input_image image input_audio file input_file document content computer_screenshot'),
  ...words(
    'tool_use tool_result server_tool_use web_search_tool_result web_fetch_tool_result web_fetch_result web_search_result',
  ),
  ...words(
    'search_result tool_reference tool_search_tool_result mcp_tool_use mcp_tool_result browser_state compaction',
  ),
  ...words('code_execution_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result'),
]);

export const itemTypes: ReadonlySet<string> = new Set([
  ...words('message function_call function_call_output custom_tool_call custom_tool_call_output reasoning compaction'),
  ...words(
    'computer_call computer_call_output web_search_call file_search_call mcp_call mcp_list_tools mcp_approval_request',
  ),
  ...words(
    'local_shell_call local_shell_call_output shell_call shell_call_output apply_patch_call apply_patch_call_output',
  ),
  ...words('tool_search_call tool_search_output additional_tools'),
]);

/** Members of a part or item that refer to something stored, wherever they are. */
export const storedReferences: ReadonlySet<string> = new Set([
  'file_id',
  'file_ids',
  'vector_store_ids',
  'container_id',
]);

export const reasons = { stored, hosted, unknown: 'it is not known here, so its cost is not either' } as const;

function refusedNames(rows: readonly (readonly [string, string])[]): Rules {
  return Object.fromEntries(rows.map(([name, reason]) => [name, refused(reason)]));
}
