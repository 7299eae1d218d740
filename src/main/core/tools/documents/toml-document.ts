import { type AST, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { type Data, type DataPath, isRecord, isSame, plain } from './data.ts';
import { indentBefore, lineEndOf, lineStart, nextLine, splice } from './splice.ts';

/** TOML. New tables become sections at the end; new values become lines of their table. */
export const tomlDocument = {
  parse: (text: string): Data => plain(getStaticTOMLValue(parseTOML(text))),
  set(text: string, path: DataPath, value: Data): string {
    const program = parseTOML(text);
    const existing = valuesOf(program).find((entry) => isSame(entry.path, path));
    if (existing) return splice(text, ...existing.node.value.range, print(value));
    const outer = valuesOf(program).find((entry) => entry.path.length < path.length && startsWith(path, entry.path));
    if (outer) return insertInline(text, outer.node.value, path.slice(outer.path.length), value);
    if (isRecord(value) || isTableList(value)) return appendSections(text, path, value);
    return insertLine(text, program, path, value);
  },
  remove(text: string, path: DataPath): string {
    const program = parseTOML(text);
    const outer = valuesOf(program).find((entry) => entry.path.length < path.length && startsWith(path, entry.path));
    if (outer) return removeInline(text, outer.node.value, path.slice(outer.path.length));
    const parts = [
      ...valuesOf(program).flatMap((entry) => (startsWith(entry.path, path) ? [entry.node.range] : [])),
      ...tablesOf(program).flatMap((table) => (startsWith(table.resolvedKey, path) ? [table.range] : [])),
    ];
    return parts
      .toSorted(([one], [other]) => other - one)
      .reduce((rest, [start, end]) => cutLines(rest, start, Math.min(end, rest.length)), text);
  },
};

interface Entry {
  path: DataPath;
  node: AST.TOMLKeyValue;
}

function tablesOf(program: AST.TOMLProgram): AST.TOMLTable[] {
  return program.body[0].body.filter((node) => node.type === 'TOMLTable');
}

/** Every `name = value` line, by its whole path. */
function valuesOf(program: AST.TOMLProgram): Entry[] {
  const within = (base: DataPath) => (node: AST.TOMLKeyValue) => ({
    path: [...base, ...node.key.keys.map(nameOf)],
    node,
  });
  return program.body[0].body.flatMap((node) =>
    node.type === 'TOMLTable' ? node.body.map(within(node.resolvedKey)) : [within([])(node)],
  );
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function startsWith(path: DataPath, beginning: DataPath): boolean {
  return isSame(path.slice(0, beginning.length), beginning);
}

function isTableList(value: Data): value is Record<string, Data>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function print(value: Data): string {
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${printName(name)} = ${print(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function printName(name: string | number): string {
  return /^[\w-]+$/.test(String(name)) ? String(name) : JSON.stringify(String(name));
}

/** Adds a table, or the items of a list of tables, at the end of the file. */
function appendSections(text: string, path: DataPath, value: Data): string {
  if (isTableList(value))
    return value.reduce<string>((rest, item, index) => appendSections(rest, [...path, index], item), text);
  if (!isRecord(value)) return text;
  const lineEnd = lineEndOf(text);
  const isItem = typeof path.at(-1) === 'number';
  const header = path
    .filter((step) => typeof step === 'string')
    .map(printName)
    .join('.');
  const isOwn = (member: Data) => !isRecord(member) && !isTableList(member);
  const lines = Object.entries(value).flatMap(([name, member]) =>
    isOwn(member) ? [`${printName(name)} = ${print(member)}`] : [],
  );
  const inner = Object.entries(value).filter(([, member]) => !isOwn(member));
  const isNeeded = isItem || lines.length > 0 || inner.length === 0;
  const gap = text.replace(/^\ufeff/, '') === '' ? '' : text.endsWith('\n') ? lineEnd : lineEnd + lineEnd;
  const section = [isItem ? `[[${header}]]` : `[${header}]`, ...lines].map((line) => line + lineEnd).join('');
  const start = isNeeded ? text + gap + section : text;
  return inner.reduce((rest, [name, member]) => appendSections(rest, [...path, name], member), start);
}

function insertLine(text: string, program: AST.TOMLProgram, path: DataPath, value: Data): string {
  const lineEnd = lineEndOf(text);
  const table = tablesOf(program).find(({ resolvedKey }) => isSame(resolvedKey, path.slice(0, -1)));
  if (!table && path.length > 1) throw new Error(`no table for ${path.join('.')}`);
  const line = `${printName(path.at(-1) ?? '')} = ${print(value)}${lineEnd}`;
  const last = table
    ? (table.body.at(-1) ?? table.key)
    : program.body[0].body.findLast((node) => node.type === 'TOMLKeyValue');
  if (!last) return splice(text, ...start(text), line);
  const position = nextLine(text, last.range[1]);
  const isOpen = position === text.length && !text.endsWith('\n');
  return splice(text, position, position, (isOpen ? lineEnd : '') + line);
}

/** The beginning of a file, behind a byte order mark. */
function start(text: string): [number, number] {
  return text.startsWith('\ufeff') ? [1, 1] : [0, 0];
}

/** Sets a member inside an inline value. */
function insertInline(text: string, node: AST.TOMLContentNode, path: DataPath, value: Data): string {
  const changed = setIn(plain(getStaticTOMLValue(node)), path, value);
  if (node.type === 'TOMLArray' && path.length === 1) {
    const last = node.elements.at(-1);
    if (last) return splice(text, last.range[1], last.range[1], `, ${print(value)}`);
  }
  return splice(text, ...node.range, print(changed));
}

function removeInline(text: string, node: AST.TOMLContentNode, path: DataPath): string {
  return splice(text, ...node.range, print(setIn(plain(getStaticTOMLValue(node)), path, undefined)));
}

function setIn(data: Data, [step, ...rest]: DataPath, value: Data): Data {
  if (step === undefined) return value;
  if (Array.isArray(data)) {
    const index = Number(step);
    return value === undefined && rest.length === 0
      ? data.toSpliced(index, 1)
      : data.toSpliced(index, 1, setIn(data[index], rest, value));
  }
  const record = isRecord(data) ? data : {};
  const inner = setIn(record[step], rest, value);
  return Object.fromEntries(Object.entries({ ...record, [step]: inner }).filter(([, member]) => member !== undefined));
}

/** Cuts lines out, and the empty line before a section. */
function cutLines(text: string, from: number, to: number): string {
  if (indentBefore(text, from) === null) throw new Error('it shares its line');
  const end = text[to - 1] === '\n' ? to : nextLine(text, to);
  const first = lineStart(text, from);
  const isSection = text[from] === '[';
  const blank = isSection ? (/(?:^|\n)(\r?\n)$/.exec(text.slice(0, first))?.[1]?.length ?? 0) : 0;
  return splice(text, first - blank, end, '');
}
