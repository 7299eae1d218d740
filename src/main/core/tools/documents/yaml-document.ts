import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Data, DataPath } from './data.ts';
import { indentBefore, lineEndOf, lineStart, nextLine, splice } from './splice.ts';

/**
 * YAML. Members of block mappings and sequences are edited in the text itself; in flow style the library writes the
 * document again.
 */
export const yamlDocument = {
  parse(text: string): Data {
    const content = documentOf(text).toJS() as Data;
    return content === null || content === undefined ? {} : content;
  },
  set(text: string, path: DataPath, value: Data): string {
    const document = documentOf(text);
    return (
      replaceScalar(text, document, path, value) ??
      insertMember(text, document, path, value) ??
      rewritten(text, (whole) => whole.setIn(path, value))
    );
  },
  remove(text: string, path: DataPath): string {
    return cutMember(text, documentOf(text), path) ?? rewritten(text, (whole) => whole.deleteIn(path));
  },
};

function documentOf(text: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw error;
  return document;
}

function rewritten(text: string, change: (document: Document.Parsed) => void): string {
  const document = documentOf(text);
  change(document);
  return document.toString({ lineWidth: 0 }).replaceAll('\n', lineEndOf(text));
}

function nodeAt(document: Document.Parsed, path: DataPath): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

function replaceScalar(text: string, document: Document.Parsed, path: DataPath, value: Data): string | null {
  const node = nodeAt(document, path);
  if (!isScalar(node) || !node.range || node.anchor || typeof value === 'object' || node.range[0] === node.range[1])
    return null;
  return splice(text, node.range[0], node.range[1], stringify(value, { lineWidth: 0 }).trimEnd());
}

/**
 * Adds a member, and the mappings that lead to it, behind the last member of what exists; null where that cannot be
 * done in the text.
 */
function insertMember(text: string, document: Document.Parsed, path: DataPath, value: Data): string | null {
  if (nodeAt(document, path) !== undefined) return null;
  if (document.contents === null) return appendLines(text, '', stringifyMember(path, value));
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const container = nodeAt(document, path.slice(0, depth));
    if (container === undefined) continue;
    if (!(isMap(container) || isSeq(container))) return null;
    if (container.flow) return insertInFlow(text, container, path.slice(depth), value);
    const place = endOfItems(text, container);
    if (place === null) return null;
    const step = path[depth];
    const lines =
      typeof step === 'number'
        ? stringify([nested(path.slice(depth + 1), value)], { lineWidth: 0 })
        : stringifyMember(path.slice(depth), value);
    return splice(text, place.position, place.position, block(text, place.position, place.indent, lines));
  }
  return null;
}

/** Adds a member before the bracket that closes a flow collection. */
function insertInFlow(
  text: string,
  { range, items }: YAMLMap | YAMLSeq,
  [step, ...rest]: DataPath,
  value: Data,
): string | null {
  if (!range) return null;
  const close = range[1] - 1;
  const inner = text.slice(0, close).trimEnd();
  const printed = JSON.stringify(nested(rest, value));
  const member = typeof step === 'number' ? printed : `${JSON.stringify(step)}: ${printed}`;
  return splice(text, inner.length, inner.length, items.length === 0 || inner.endsWith(',') ? member : `, ${member}`);
}

function stringifyMember(path: DataPath, value: Data): string {
  return stringify(nested(path, value), { lineWidth: 0 });
}

function nested(path: DataPath, value: Data): Data {
  return path.reduceRight<Data>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value);
}

function appendLines(text: string, indent: string, lines: string): string {
  return text + block(text, text.length, indent, lines);
}

function block(text: string, position: number, indent: string, lines: string): string {
  const lineEnd = lineEndOf(text);
  const isOpen = position > 0 && text[position - 1] !== '\n' && text !== '\ufeff';
  const body = lines
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join(lineEnd);
  return `${isOpen ? lineEnd : ''}${body}${lineEnd}`;
}

/** Where the next item of a block would stand, and how far it is indented. */
function endOfItems(text: string, container: YAMLMap | YAMLSeq): { position: number; indent: string } | null {
  const first = startOf(text, container.items[0]);
  const last = container.items.at(-1);
  const end = last === undefined ? null : endOf(last);
  if (first === null || end === null) return null;
  const indent = indentBefore(text, first);
  return indent === null ? null : { position: text[end - 1] === '\n' ? end : nextLine(text, end), indent };
}

function startOf(text: string, item: unknown): number | null {
  const node = isPairLike(item) ? (item.key as Node | null) : (item as Node | null);
  const start = node?.range?.[0];
  if (start === undefined) return null;
  if (isPairLike(item)) return start;
  const dash = text.lastIndexOf('-', start);
  return dash >= lineStart(text, start) ? dash : null;
}

function endOf(item: unknown): number | null {
  const node = isPairLike(item) ? ((item.value ?? item.key) as Node | null) : (item as Node | null);
  return node?.range?.[1] ?? null;
}

function isPairLike(item: unknown): item is Pair {
  return typeof item === 'object' && item !== null && 'key' in item && 'value' in item && !('range' in item);
}

/** Cuts the lines of a member of a block; null where it shares its lines with others or leaves the block empty. */
function cutMember(text: string, document: Document.Parsed, path: DataPath): string | null {
  const container = nodeAt(document, path.slice(0, -1));
  const step = path.at(-1);
  if (!(isMap(container) || isSeq(container)) || container.flow) return null;
  const item = isSeq(container)
    ? container.items[Number(step)]
    : container.items.find(({ key }) => (isScalar(key) ? String(key.value) === String(step) : false));
  if (item === undefined || (container.items.length === 1 && path.length > 1)) return null;
  const [start, end] = [startOf(text, item), endOf(item)];
  if (start === null || end === null || indentBefore(text, start) === null) return null;
  return splice(text, lineStart(text, start), text[end - 1] === '\n' ? end : nextLine(text, end), '');
}
