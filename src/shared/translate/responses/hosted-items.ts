import { asArray, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import { type ContentPart, textPart, type Turn } from '../conversation.ts';

/** An item of the provider's own tools as text of a turn, for a model of another provider. */
export interface HostedItem {
  role: Turn['role'];
  parts: ContentPart[];
}

type Reader = (item: JsonObject) => HostedItem;

/** By exact type: no item is dropped because its name begins like another's. null: left out and reported. */
const readers: Readonly<Record<string, Reader | null>> = {
  web_search_call: ({ action }) => did(`The web was searched: ${textOfAny(action)}`),
  file_search_call: ({ queries, results }) => did(`Files were searched: ${textOfAny(queries)}${found(results)}`),
  code_interpreter_call: ({ code, outputs }) => did(`Code was run:\n${textOfAny(code)}${found(outputs)}`),
  image_generation_call: readPicture,
  computer_call: ({ action, actions }) => did(`The computer was used: ${textOfAny(action ?? actions)}`),
  computer_call_output: ({ output }) => came('The computer answered', output),
  local_shell_call: ({ action }) => did(`A command was run: ${textOfAny(asObject(action)?.['command'] ?? action)}`),
  local_shell_call_output: ({ output }) => came('The command answered', output),
  shell_call: ({ action }) => did(`A command was run: ${textOfAny(asObject(action)?.['commands'] ?? action)}`),
  shell_call_output: ({ output }) => came('The command answered', output),
  apply_patch_call: ({ operation }) => did(`A patch was applied: ${textOfAny(operation)}`),
  apply_patch_call_output: ({ output, status }) => came('The patch', output ?? status),
  mcp_call: ({ name, arguments: given, output, error }) =>
    did(
      `The tool "${textOfAny(name)}" was called with ${textOfAny(given)} and answered: ${textOfAny(output ?? error)}`,
    ),
  mcp_approval_request: ({ name, arguments: given }) =>
    did(`It was asked whether "${textOfAny(name)}" may be called with ${textOfAny(given)}`),
  mcp_approval_response: ({ approve }) => came('The call was', approve === true ? 'allowed' : 'refused'),
  tool_search_call: ({ arguments: given }) => did(`Tools were searched: ${textOfAny(given)}`),
  tool_search_output: ({ tools }) =>
    came(
      'Tools found',
      asArray(tools).map((tool) => asText(asObject(tool)?.['name']) ?? ''),
    ),
  program: ({ code }) => did(`A program called tools:\n${textOfAny(code)}`),
  program_output: ({ output, result }) => came('The program answered', output ?? result),
  compaction: compacted,
  compaction_summary: compacted,
  reasoning: null,
  mcp_list_tools: null,
  compaction_trigger: null,
};

/** null: it cannot be expressed as text; undefined: the item is unknown. */
export function readHostedItem(type: string, item: JsonObject): HostedItem | null | undefined {
  if (!Object.hasOwn(readers, type)) return undefined;
  return readers[type]?.(item) ?? null;
}

function did(text: string): HostedItem {
  return { role: 'assistant', parts: [textPart(`[${text}]`)] };
}

function came(title: string, output: unknown): HostedItem {
  return { role: 'user', parts: [textPart(`[${title}: ${textOfAny(output)}]`)] };
}

function found(results: unknown): string {
  const text = textOfAny(results);
  return text === '' || text === '[]' ? '' : `\nResult: ${text}`;
}

function readPicture({ result, revised_prompt: prompt }: JsonObject): HostedItem {
  const data = asText(result);
  const note = textPart(`[A picture was made: ${textOfAny(prompt)}]`);
  if (data === null) return { role: 'assistant', parts: [note] };
  // In every dialect only the user sends pictures.
  return {
    role: 'user',
    parts: [note, { kind: 'image', url: `data:image/png;base64,${data}`, detail: null, cache: null }],
  };
}

/** Content that one provider sealed and no other can open. The model must at least know that something came before. */
function compacted(): HostedItem {
  return {
    role: 'instructions',
    parts: [
      textPart('The earlier part of this conversation was compacted by another provider and cannot be read here.'),
    ],
  };
}
