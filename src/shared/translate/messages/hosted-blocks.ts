import { asArray, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';

/**
 * Results of the provider's own tools in a conversation, and other blocks that no other dialect has, as text: the next
 * model must know what was searched, found and run. null: the block has nothing that another model could read.
 */
export function hostedText(block: JsonObject): string | null {
  const type = asText(block['type']) ?? '';
  const content = asObject(block['content']);
  switch (type) {
    case 'server_tool_use':
    case 'mcp_tool_use':
      return `[${asText(block['name']) ?? 'tool'} was called with ${textOfAny(block['input'])}]`;
    case 'web_search_tool_result':
      return result('Search results', content ? errorOf(content) : asArray(block['content']).map(linkText).join('\n'));
    case 'web_fetch_tool_result':
      return result('Fetched page', content && (errorOf(content) ?? fetchedText(content)));
    case 'code_execution_tool_result':
    case 'bash_code_execution_tool_result':
      return result('Output', content && (errorOf(content) ?? outputText(content)));
    case 'text_editor_code_execution_tool_result':
      return result('Editor', content && (errorOf(content) ?? editorText(content)));
    case 'tool_search_tool_result':
      return result(
        'Tools found',
        content && (errorOf(content) ?? asArray(content['tool_references']).map(referenceText).join('\n')),
      );
    case 'tool_reference':
      return referenceText(block);
    case 'mcp_tool_result':
      return result('Result', textIn(block['content']));
    case 'search_result':
      return result(
        `Search result: ${asText(block['title']) ?? ''} ${asText(block['source']) ?? ''}`.trim(),
        textIn(block['content']),
      );
    case 'compaction':
      return asText(block['content']) && result('Summary of the conversation so far', asText(block['content']));
    default:
      return asText(block['text']);
  }
}

function result(title: string, text: string | null): string {
  return text === null || text === '' ? `[${title}: nothing]` : `[${title}]\n${text}`;
}

function errorOf(content: JsonObject): string | null {
  const code = asText(content['error_code']);
  return code === null ? null : `failed: ${code}`;
}

function linkText(value: unknown): string {
  const link = asObject(value);
  return [asText(link?.['title']), asText(link?.['url'])].filter((text) => text !== null).join(' — ');
}

function fetchedText(content: JsonObject): string {
  const page = asObject(content['content']);
  const source = asObject(page?.['source']);
  const text = source?.['type'] === 'text' ? asText(source['data']) : null;
  return [asText(content['url']), asText(page?.['title']), text].filter((part) => part !== null).join('\n');
}

function outputText(content: JsonObject): string {
  const code = content['return_code'];
  const ended = typeof code === 'number' && code !== 0 ? `exit code ${code}` : null;
  return [asText(content['stdout']), asText(content['stderr']), ended].filter((part) => part !== null).join('\n');
}

function editorText(content: JsonObject): string {
  const lines = asArray(content['lines']).filter((line) => typeof line === 'string');
  return asText(content['content']) ?? lines.join('\n');
}

function referenceText(value: unknown): string {
  return `[The tool "${asText(asObject(value)?.['tool_name']) ?? 'unknown'}" was found and can be called.]`;
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asText(asObject(part)?.['text']) ?? '')
    .join('\n');
}
