import { parseEnv } from 'node:util';
import type { Data, DataPath } from './data.ts';
import { lineEndOf, splice } from './splice.ts';

/** `NAME=value` lines, with comments, `export` and quotes where the file has them. */
export const envDocument = {
  parse(text: string): Data {
    for (const [index, line] of withoutMark(text).split(/\r?\n/).entries()) {
      const isLine = /^\s*(?:#.*|(?:export\s+)?[A-Za-z_][\w.-]*\s*=.*)?$/.test(line);
      if (!isLine && !isInsideQuotes(withoutMark(text), index)) throw new Error(`line ${index + 1} is no assignment`);
    }
    return { ...parseEnv(withoutMark(text).replaceAll('\r\n', '\n')) };
  },
  set(text: string, path: DataPath, value: Data): string {
    const [name] = path;
    const line = `${name}=${quote(String(value))}`;
    const old = assignments(text).findLast((assignment) => assignment.name === name);
    if (old) return splice(text, old.valueStart, old.end, quote(String(value)));
    const lineEnd = lineEndOf(text);
    const isOpen = text.length > 0 && !text.endsWith('\n') && text !== '\ufeff';
    return `${text}${isOpen ? lineEnd : ''}${line}${lineEnd}`;
  },
  remove(text: string, path: DataPath): string {
    let rest = text;
    for (const { name, start, end } of assignments(text).toReversed()) {
      if (name !== path[0]) continue;
      const lineBreak = /^[^\n]*\n?/.exec(rest.slice(end))?.[0].length ?? 0;
      rest = splice(rest, start, end + lineBreak, '');
    }
    return rest;
  },
};

interface Assignment {
  name: string;
  start: number;
  valueStart: number;
  end: number;
}

const assignment =
  /^[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|[^#\r\n]*?)(?=[ \t]*(?:#[^\r\n]*)?\r?$)/gm;

function assignments(text: string): Assignment[] {
  return [...text.matchAll(assignment)].flatMap((match) => {
    const { name, value } = match.groups ?? {};
    if (name === undefined || value === undefined) return [];
    const end = match.index + match[0].length;
    return [{ name, start: match.index, valueStart: end - value.length, end }];
  });
}

/** Whether a line continues a quoted value of an earlier one. */
function isInsideQuotes(text: string, lineIndex: number): boolean {
  const position = text.split('\n').slice(0, lineIndex).join('\n').length + 1;
  return assignments(text).some(({ start, end }) => start < position && position < end);
}

function quote(value: string): string {
  if (/^[\w./:@+-]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"')) return `"${value}"`;
  return `\`${value}\``;
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
