import { parseSync } from 'vite';

export interface SourceImport {
  specifier: string;
  /** Nothing of it is left at run time. */
  isType: boolean;
  /** It is loaded where the program comes to it. */
  isLater: boolean;
}

interface SourceFunction {
  name: string;
  lineCount: number;
  line: number;
  isComponent: boolean;
}

export interface Source {
  path: string;
  lineCount: number;
  imports: SourceImport[];
  functions: SourceFunction[];
  /** What no file may contain, with its line. */
  faults: string[];
}

export interface Node {
  type: string;
  start: number;
  end: number;
}

type Parsed = ReturnType<typeof parseSync>;

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const forbidden: Record<string, string> = {
  TSAnyKeyword: 'any',
  TSNonNullExpression: 'non-null !',
  TSEnumDeclaration: 'enum',
  ExportDefaultDeclaration: 'default export',
};

/** What the rules need to know of one TypeScript file. */
export function readSource(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const source: Source = {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports: importsOf(parsed, text),
    functions: [],
    faults: [],
  };
  for (const error of parsed.errors) source.faults.push(`does not parse: ${error.message}`);
  for (const comment of parsed.comments) {
    const silenced = /@ts-(ignore|expect-error|nocheck)/.exec(comment.value);
    if (silenced) source.faults.push(`${silenced[0]} in line ${lineAt(comment.start)}`);
  }
  visit(parsed.program, null, (node, parent) => {
    const fault = forbidden[node.type];
    if (fault !== undefined) source.faults.push(`${fault} in line ${lineAt(node.start)}`);
    if (isGetterOfLiteral(node) && madePerCall.test(path))
      source.faults.push(`a getter in an object literal in line ${lineAt(node.start)}`);
    if (!functionTypes.has(node.type)) return;
    const name = nameOf(node) ?? nameOf(parent) ?? '(unnamed)';
    const line = lineAt(node.start);
    const isComponent = path.endsWith('.tsx') && /^[A-Z]/.test(name);
    source.functions.push({ name, line, lineCount: lineAt(node.end) - line + 1, isComponent });
  });
  return source;
}

/** Where objects are made for each call, stream or transaction. */
const madePerCall =
  /^src\/(?:proxy|shared\/(?:dialects|translate)|main\/core\/(?:envelopes|gateway|keys)|backend\/(?:accounts|balance|inference|store))\//;

/** It costs time and memory for each object: see `src/shared/changing.ts`. */
function isGetterOfLiteral(node: Node): boolean {
  return node.type === 'Property' && 'kind' in node && node.kind === 'get';
}

function importsOf({ module }: Parsed, text: string): SourceImport[] {
  const found: SourceImport[] = [];
  for (const { start, moduleRequest, entries } of module.staticImports) {
    const isType = entries.length > 0 ? entries.every((entry) => entry.isType) : text.startsWith('import type', start);
    found.push({ specifier: moduleRequest.value, isType, isLater: false });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries)
      if (moduleRequest) found.push({ specifier: moduleRequest.value, isType, isLater: false });
  }
  for (const { moduleRequest } of module.dynamicImports) {
    found.push({
      specifier: text.slice(moduleRequest.start, moduleRequest.end).replaceAll(/['"`]/g, ''),
      isType: false,
      isLater: true,
    });
  }
  return found;
}

export function visit(value: unknown, parent: Node | null, onNode: (node: Node, parent: Node | null) => void): void {
  if (Array.isArray(value)) {
    for (const entry of value) visit(entry, parent, onNode);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = isNode(value) ? value : null;
  if (node) onNode(node, parent);
  for (const child of Object.values(value)) visit(child, node ?? parent, onNode);
}

export function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string' && 'start' in value && 'end' in value;
}

/** A function's own name, or that of the variable, property or method that holds it. */
export function nameOf(node: Node | null): string | null {
  if (node === null) return null;
  for (const key of ['id', 'key']) {
    const holder: unknown = Object.entries(node).find(([name]) => name === key)?.[1];
    if (typeof holder === 'object' && holder !== null && 'name' in holder && typeof holder.name === 'string')
      return holder.name;
  }
  return null;
}
