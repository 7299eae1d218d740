/** A form in Stripe's bracket notation as a tree: `a[b][0][c]=1` becomes `{ a: { b: [{ c: '1' }] } }`. */
export function parseForm(text: string): Record<string, unknown> {
  const tree: Branch = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/\[|\]\[|\]/).filter((part, index) => part !== '' || index === 0);
    put(tree, name.endsWith('[]') ? [...path, String(childCount(tree, path))] : path, value);
  }
  return Object.fromEntries([...tree].map(([key, value]) => [key, plain(value)]));
}

type Branch = Map<string, Branch | string>;

function put(branch: Branch, [head = '', ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    branch.set(head, value);
    return;
  }
  const known = branch.get(head);
  const child: Branch = known instanceof Map ? known : new Map();
  branch.set(head, child);
  put(child, rest, value);
}

function childCount(branch: Branch, [head = '', ...rest]: readonly string[]): number {
  const child = branch.get(head);
  if (!(child instanceof Map)) return 0;
  return rest.length === 0 ? child.size : childCount(child, rest);
}

function plain(value: Branch | string): unknown {
  if (typeof value === 'string') return value;
  const isList = value.size > 0 && [...value.keys()].every((key, index) => key === String(index));
  const members = [...value].map(([key, member]) => [key, plain(member)] as const);
  return isList ? members.map(([, member]) => member) : Object.fromEntries(members);
}
