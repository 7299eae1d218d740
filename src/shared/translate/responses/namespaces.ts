import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';

/** The Responses API groups tools; elsewhere the group is a prefix of the tool's name. */
export function flatName(namespace: string | null, name: string): string {
  return namespace === null ? name : `${namespace}__${name}`;
}

/** Tools that a conversation added on its way, besides those in the request itself. */
export function toolsInInput(input: unknown): unknown[] {
  return asArray(input).flatMap((value) => {
    const item = asObject(value);
    const bringsTools = item?.['type'] === 'additional_tools' || item?.['type'] === 'tool_search_output';
    return bringsTools ? asArray(item['tools']) : [];
  });
}

/** A call's name as the client knows it. */
export function groupedName(flat: string, request: JsonObject): { name: string; namespace?: string } {
  for (const value of [...asArray(request['tools']), ...toolsInInput(request['input'])]) {
    const group = asObject(value);
    const namespace = group?.['type'] === 'namespace' ? asText(group['name']) : null;
    if (!group || namespace === null || !flat.startsWith(`${namespace}__`)) continue;
    const name = flat.slice(namespace.length + 2);
    if (asArray(group['tools']).some((tool) => asObject(tool)?.['name'] === name)) return { name, namespace };
  }
  return { name: flat };
}
