import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { type Data, type DataPath, plain } from './data.ts';
import { indentBefore, lineEndOf, lineStart, splice } from './splice.ts';

/** JSON, with comments and trailing commas where the tool's file has them. */
export const jsonDocument = {
  parse(text: string): Data {
    const root = treeOf(text);
    return root ? plain(getNodeValue(root)) : {};
  },
  set(text: string, path: DataPath, value: Data): string {
    const root = treeOf(text);
    if (!root)
      return (
        text.slice(0, text.startsWith('\ufeff') ? 1 : 0) + print(nest(path, value), styleOf(text), '') + lineEndOf(text)
      );
    const existing = findNodeAtLocation(root, [...path]);
    if (existing) {
      const style = styleOf(text);
      return splice(text, existing.offset, endOf(existing), print(value, style, lineIndent(text, existing.offset)));
    }
    const depth = path.findLastIndex((_step, index) => findNodeAtLocation(root, path.slice(0, index)) !== undefined);
    const container = findNodeAtLocation(root, path.slice(0, depth));
    const step = path[depth];
    if (!container || step === undefined) throw new Error(`no place for ${path.join('.')}`);
    return insert(text, container, step, nest(path.slice(depth + 1), value));
  },
  remove(text: string, path: DataPath): string {
    const root = treeOf(text);
    const value = root && findNodeAtLocation(root, [...path]);
    if (!value) throw new Error(`no ${path.join('.')}`);
    return cut(text, value.parent?.type === 'property' ? value.parent : value);
  },
};

function treeOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const source = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const root = parseTree(source, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first)
    throw new Error(`${printParseErrorCode(first.error)} in line ${source.slice(0, first.offset).split('\n').length}`);
  return root;
}

function nest(path: DataPath, value: Data): Data {
  return path.reduceRight<Data>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value);
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

interface Style {
  unit: string;
  lineEnd: string;
}

function styleOf(text: string): Style {
  return { unit: /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ', lineEnd: lineEndOf(text) };
}

function print(value: Data, { unit, lineEnd }: Style, indent: string): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', lineEnd + indent);
}

function lineIndent(text: string, position: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, position)))?.[0] ?? '';
}

function insert(text: string, container: Node, step: string | number, value: Data): string {
  const items = container.children ?? [];
  const last = items.at(-1);
  const name = typeof step === 'string' ? `${JSON.stringify(step)}: ` : '';
  const style = styleOf(text);
  if (!last) {
    const outer = lineIndent(text, container.offset);
    const close = endOf(container) - 1;
    const comments = text.slice(container.offset + 1, close).trimEnd();
    const member = style.lineEnd + outer + style.unit + name + print(value, style, outer + style.unit);
    return splice(text, container.offset + 1 + comments.length, close, `${member}${style.lineEnd}${outer}`);
  }
  const comma = commaAfter(text, endOf(last), endOf(container));
  const from = comma === null ? endOf(last) : comma + 1;
  const indent = indentBefore(text, last.offset);
  if (indent === null) {
    const member = `${name}${JSON.stringify(value)}`;
    return splice(text, from, from, comma === null ? `, ${member}` : ` ${member},`);
  }
  // A comment at the end of the last member's line belongs to that member.
  const remark =
    /^(?:[ \t]*\/\*(?:[^*\n]|\*(?!\/))*\*\/)*[ \t]*(?:\/\/[^\r\n]*)?(?=\r?\n)/
      .exec(text.slice(from, endOf(container)))?.[0]
      .trimEnd() ?? '';
  const member = style.lineEnd + indent + name + print(value, style, indent) + (comma === null ? '' : ',');
  const inserted = splice(text, from + remark.length, from + remark.length, member);
  return comma === null ? splice(inserted, endOf(last), endOf(last), ',') : inserted;
}

/** Cuts an item out, with the comma that it no longer needs and the line that it leaves empty. */
function cut(text: string, item: Node): string {
  const siblings = item.parent?.children ?? [];
  const position = siblings.indexOf(item);
  const close = item.parent ? endOf(item.parent) : text.length;
  const comma = commaAfter(text, endOf(item), siblings[position + 1]?.offset ?? close);
  const indent = indentBefore(text, item.offset);
  const lineBreak = text.slice(0, lineStart(text, item.offset)).endsWith('\r\n') ? 2 : 1;
  const start = indent === null ? item.offset : Math.max(0, lineStart(text, item.offset) - lineBreak);
  if (siblings.length === 1 && item.parent && text.slice(item.parent.offset + 1, start).trim() === '') {
    const end = comma === null ? endOf(item) : comma + 1;
    if (text.slice(end, close - 1).trim() === '') return splice(text, item.parent.offset + 1, close - 1, '');
  }
  if (comma !== null) {
    const spaces = indent === null ? (/^[ \t]*/.exec(text.slice(comma + 1))?.[0].length ?? 0) : 0;
    return splice(text, start, comma + 1 + spaces, '');
  }
  const previous = siblings[position - 1];
  const before = previous ? commaAfter(text, endOf(previous), item.offset) : null;
  const without = splice(text, indent === null && before !== null ? before + 1 : start, endOf(item), '');
  return before === null ? without : splice(without, before, before + 1, '');
}

/** The position of the comma between two places, outside comments; null when there is none. */
function commaAfter(text: string, start: number, end: number): number | null {
  const skipped = /^(?:\s|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text.slice(start, end))?.[0].length ?? 0;
  return text[start + skipped] === ',' && start + skipped < end ? start + skipped : null;
}
