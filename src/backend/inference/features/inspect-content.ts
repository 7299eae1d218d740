import { asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { itemTypes, partTypes, reasons, words } from './feature-table.ts';
import { type ContentInspection, inspectSource, isGiven, objectAt, refuseStored } from './inspect-sources.ts';
import { refuseFeature } from './refuse-feature.ts';
import type { RequestFeatures } from './request-features.ts';

/** The content of these is data, and refers to nothing. */
const closedTypes: ReadonlySet<string> = new Set([
  ...words(
    'tool_use server_tool_use mcp_tool_use web_search_tool_result tool_search_tool_result browser_state compaction',
  ),
  ...words('code_execution_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result'),
]);

/** @param tools inspects a list of tools inside the content */
export function createContentInspection(found: RequestFeatures, tools: ContentInspection['tools']): ContentInspection {
  const inspection: ContentInspection = {
    found,
    tools,
    parts: (value, param) => inspectParts(inspection, value, param),
  };
  return inspection;
}

export function inspectMessages(inspection: ContentInspection, value: unknown, param: string): void {
  if (!Array.isArray(value)) refuseFeature(param, reasons.unknown);
  each(value, param, (entry, path) => {
    const message = objectAt(entry, path);
    // An earlier spoken answer is referred to by its id.
    if (isGiven(message['audio'])) refuseFeature(`${path}.audio`, reasons.stored);
    inspectParts(inspection, message['content'], `${path}.content`);
  });
}

/**
 * The input of Responses: a text, or items, one kind of which are messages; of embeddings: texts and lists of tokens.
 */
export function inspectItems(inspection: ContentInspection, value: unknown, param: string): void {
  if (typeof value === 'string') return;
  if (!Array.isArray(value)) refuseFeature(param, reasons.unknown);
  each(value, param, (entry, path) => {
    if (typeof entry === 'string' || typeof entry === 'number' || isTokens(entry)) return;
    inspectItem(inspection, objectAt(entry, path), path);
  });
}

function inspectItem(inspection: ContentInspection, item: JsonObject, path: string): void {
  const type = item['type'] ?? (isGiven(item['role']) ? 'message' : 'item_reference');
  if (type === 'item_reference')
    refuseFeature(`${path}.${isGiven(item['type']) ? 'type' : 'id'}`, `item_reference: ${reasons.stored}`);
  if (typeof type !== 'string' || !itemTypes.has(type))
    refuseFeature(`${path}.type`, `${asText(type) ?? 'an item'}: ${reasons.unknown}`);
  // Reasoning that is not sent along is looked up by its id.
  if (type === 'reasoning' && isGiven(item['id']) && !isGiven(item['encrypted_content'])) {
    refuseFeature(
      `${path}.id`,
      `${reasons.stored}; ask for "reasoning.encrypted_content" in "include" and send that back`,
    );
  }
  refuseStored(item, path);
  if (Array.isArray(item['tools']) && type !== 'mcp_list_tools') inspection.tools(item['tools'], `${path}.tools`);
  if (type === 'message') return inspectParts(inspection, item['content'], `${path}.content`);
  inspectOutput(inspection, item['output'], `${path}.output`);
}

/** A tool's result: text, or parts; of a shell, entries without a type. */
function inspectOutput(inspection: ContentInspection, value: unknown, param: string): void {
  const given = Array.isArray(value) ? value : asObject(value) ? [value] : [];
  each(given, param, (entry, path) => {
    const part = asObject(entry);
    if (part && isGiven(part['type'])) inspectPart(inspection, part, path);
    else if (part) inspectSource(inspection, part, path);
  });
}

function inspectParts(inspection: ContentInspection, value: unknown, param: string): void {
  if (Array.isArray(value)) {
    each(value, param, (entry, path) => {
      if (typeof entry !== 'string') inspectPart(inspection, objectAt(entry, path), path);
    });
  } else if (asObject(value)) inspectPart(inspection, objectAt(value, param), param);
}

function inspectPart(inspection: ContentInspection, part: JsonObject, path: string): void {
  const type = part['type'];
  if (typeof type !== 'string' || !(partTypes.has(type) || type.endsWith('_error')))
    refuseFeature(`${path}.type`, `${asText(type) ?? 'a part'}: ${reasons.unknown}`);
  inspectSource(inspection, part, path);
  if (!closedTypes.has(type)) inspectParts(inspection, part['content'], `${path}.content`);
}

function each(value: readonly unknown[], param: string, look: (entry: unknown, path: string) => void): void {
  for (const [index, entry] of value.entries()) look(entry, `${param}[${index}]`);
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every((token) => typeof token === 'number');
}
