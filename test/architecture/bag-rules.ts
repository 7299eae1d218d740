import { parseSync } from 'vite';
import { resolveImport } from './import-rules.ts';
import { isNode, nameOf, type Node, visit } from './read-source.ts';

/**
 * Members of one type that other rooms make; and names put together in one object. Beyond it, a reader no longer sees
 * what is needed.
 */
export const largestBag = { members: 10, literal: 12 };

const area = 'src/backend/';
/**
 * The dependencies of one feature's routes are declared where they are used; a list of features may name all of them.
 */
const perFeature = /RouteDeps$/;
/** What an operator can set names what it configures. */
const configuration = ['src/backend/backend-options.ts', 'src/backend/config.ts'];

/**
 * Objects that carry everything to everywhere, as sentences: a type with too many members of other rooms, or made of
 * too many of their types; an object literal of too many names; a parameter that takes all that a constructor gives; an
 * interface that other files extend.
 */
export function bags(path: string, text: string): string[] {
  if (!path.startsWith(area)) return [];
  const parsed = parseSync(path, text);
  const foreign = foreignNames(path, parsed);
  const found: string[] = [];
  const textOf = ({ start, end }: Node): string => text.slice(start, end);
  const isForeign = (node: Node): boolean =>
    [...textOf(node).matchAll(/\b[A-Z]\w*/g)].some(([name]) => foreign.has(name) && !perFeature.test(name));
  // What a private function of the same file gives is nothing of others; in a composition root it is everything.
  const isWhole = (type: string): boolean =>
    [...type.matchAll(/ReturnType<\s*typeof (create\w+)\s*>/g)].some(
      ([, name = '']) => foreign.has(name) || !path.slice(area.length).includes('/'),
    );
  const aliases = new Set<string>();
  visit(parsed.program, null, (node, parent) => {
    const name = nameOf(node) ?? nameOf(parent) ?? '(unnamed)';
    const at = (): string => `${path}:${text.slice(0, node.start).split('\n').length} ${name}`;
    if (node.type === 'TSTypeAliasDeclaration' && isWhole(textOf(node))) aliases.add(name);
    if (node.type === 'TSModuleDeclaration') found.push(`${at()} extends what another file declares`);
    const members = configuration.includes(path) ? 0 : childrenOf(node).filter(isForeign).length;
    if (members > largestBag.members)
      found.push(`${at()} has ${members} members of other rooms, more than ${largestBag.members}`);
    if (node.type !== 'ObjectExpression') return;
    const names = nodesIn(node, 'properties').filter(
      (entry) => entry.type === 'SpreadElement' || isShorthand(entry),
    ).length;
    if (names > largestBag.literal)
      found.push(`${at()} puts ${names} names into one object, more than ${largestBag.literal}`);
  });
  for (const parameter of parametersIn(parsed.program)) {
    const type = textOf(parameter);
    const isAlias = [...type.matchAll(/\b[A-Z]\w*/g)].some(([name]) => aliases.has(name));
    if (isWhole(type) || isAlias) found.push(`${path} takes all that a constructor gives: ${type}`);
  }
  return found;
}

/**
 * What a type is made of: the members of an interface or of a literal, with what it extends, or the parts of an
 * intersection.
 */
function childrenOf(node: Node): Node[] {
  if (node.type === 'TSInterfaceDeclaration') {
    const body = Object.entries(node).find(([key]) => key === 'body')?.[1];
    return [
      ...nodesIn(node, 'extends'),
      ...(typeof body === 'object' && body !== null && isNode(body) ? nodesIn(body, 'body') : []),
    ];
  }
  if (node.type === 'TSTypeLiteral') return nodesIn(node, 'members');
  return node.type === 'TSIntersectionType' ? nodesIn(node, 'types') : [];
}

function nodesIn(node: Node, key: string): Node[] {
  const value: unknown = Object.entries(node).find(([name]) => name === key)?.[1];
  return Array.isArray(value)
    ? value.filter((entry) => typeof entry === 'object' && entry !== null && isNode(entry))
    : [];
}

function isShorthand(node: Node): boolean {
  return 'shorthand' in node && node.shorthand === true;
}

function parametersIn(program: unknown): Node[] {
  const found: Node[] = [];
  visit(program, null, (node) => void found.push(...nodesIn(node, 'params')));
  return found;
}

/** Names that a file imports from other rooms of the backend. */
function foreignNames(path: string, { module }: ReturnType<typeof parseSync>): Set<string> {
  const room = path.slice(area.length).split('/')[0];
  const fromElsewhere = module.staticImports.filter(({ moduleRequest }) => {
    const target = resolveImport(path, moduleRequest.value);
    return target?.startsWith(area) === true && target.slice(area.length).split('/')[0] !== room;
  });
  return new Set(fromElsewhere.flatMap(({ entries }) => entries.map(({ localName }) => localName.value)));
}
