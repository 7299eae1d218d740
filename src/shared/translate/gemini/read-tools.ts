import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import type { Tool, ToolChoice } from '../conversation.ts';
import { refuse, type Report } from '../report.ts';
import { memberOf, plainNameOf } from './member.ts';
import { jsonSchemaOf } from './schema.ts';

/** The functions of a request. What Google runs itself is left out: a conversation continues without it. */
export function readTools(value: unknown, report: Report): Tool[] {
  return asArray(value).flatMap((entry) => {
    const tool = asObject(entry) ?? {};
    for (const name of Object.keys(tool).map(plainNameOf)) if (name !== 'functionDeclarations') report.leaveOut(`tools.${name}`);
    return asArray(memberOf(tool, 'functionDeclarations')).map((declared) => readDeclaration(asObject(declared) ?? {}));
  });
}

function readDeclaration(declared: JsonObject): Tool {
  const name = asText(declared['name']);
  if (name === null) return refuse('tools', 'A function declaration needs a name.');
  const own = asObject(declared['parameters']);
  const schema = asObject(memberOf(declared, 'parametersJsonSchema')) ?? (own && jsonSchemaOf(own));
  return { name, description: asText(declared['description']), kind: { type: 'function', schema, isStrict: null }, cache: null };
}

export function readToolChoice(value: unknown): ToolChoice | null {
  const config = asObject(memberOf(asObject(value), 'functionCallingConfig'));
  const mode = asText(config?.['mode'])?.toUpperCase();
  const names = asArray(memberOf(config, 'allowedFunctionNames')).flatMap((name) => asText(name) ?? []);
  const [only, ...others] = names;
  if (mode === 'NONE') return { kind: 'none' };
  if (mode === 'ANY') {
    if (only === undefined) return { kind: 'any' };
    return others.length === 0 ? { kind: 'tool', name: only } : { kind: 'allowed', mustCallTool: true, names };
  }
  if (only !== undefined) return { kind: 'allowed', mustCallTool: false, names };
  return mode === undefined ? null : { kind: 'auto' };
}
