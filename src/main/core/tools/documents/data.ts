import { isDeepStrictEqual } from 'node:util';

/** A document's content as plain data; `undefined` stands for a member that is not there. */
export type Data = unknown;
export type DataPath = readonly (string | number)[];

export interface Edit {
  path: DataPath;
  /** undefined: the member is removed. */
  value: Data;
}

export function isRecord(value: Data): value is Record<string, Data> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** What a parser returned, as plain objects and lists. Dates stay. */
export function plain(value: unknown): Data {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/** Compares content: key order does not count. */
export function isSame(one: Data, other: Data): boolean {
  return isDeepStrictEqual(one, other);
}

export function valueAt(data: Data, path: readonly string[]): Data {
  return path.reduce<Data>(
    (value, step) => (isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    data,
  );
}

/** A copy of `data` with one member set, and its containers made where they are missing. */
export function withValue(data: Data, [step, ...rest]: DataPath, value: Data): Data {
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list = Array.isArray(data) ? [...data] : [];
    list[step] = withValue(list[step], rest, value);
    return list;
  }
  const record = isRecord(data) ? data : {};
  return { ...record, [step]: withValue(Object.hasOwn(record, step) ? record[step] : undefined, rest, value) };
}

/**
 * The edits, as deep in the document as possible, that turn `from` into `to`. They are to be made one after the other.
 */
export function editsBetween(from: Data, to: Data, path: DataPath = []): Edit[] {
  if (isSame(from, to)) return [];
  if (isRecord(from) && isRecord(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return names.flatMap((name) => {
      const [old, next] = [
        Object.hasOwn(from, name) ? from[name] : undefined,
        Object.hasOwn(to, name) ? to[name] : undefined,
      ];
      return old === undefined || next === undefined
        ? editOf([...path, name], old, next)
        : editsBetween(old, next, [...path, name]);
    });
  }
  if (Array.isArray(from) && Array.isArray(to)) return listEdits(from, to, path);
  return [{ path, value: to }];
}

function editOf(path: DataPath, old: Data, next: Data): Edit[] {
  return old === next ? [] : [{ path, value: next }];
}

function listEdits(from: readonly Data[], to: readonly Data[], path: DataPath): Edit[] {
  const shared = from.findIndex((item, index) => !isSame(item, to[index]));
  if (shared === -1)
    return to.slice(from.length).map((value, index) => ({ path: [...path, from.length + index], value }));
  if (from.length === to.length) return from.flatMap((item, index) => editsBetween(item, to[index], [...path, index]));
  const removed = removedIndexes(from, to);
  if (removed === null) return [{ path, value: to }];
  return removed.toReversed().map((index) => ({ path: [...path, index], value: undefined }));
}

/** Which items of `from` are missing in `to`; null when something else changed too. */
function removedIndexes(from: readonly Data[], to: readonly Data[]): number[] | null {
  const removed: number[] = [];
  let next = 0;
  for (const [index, item] of from.entries()) {
    if (next < to.length && isSame(item, to[next])) next += 1;
    else removed.push(index);
  }
  return next === to.length ? removed : null;
}

/**
 * Takes a change back in content that others may have changed since: what still is as it was written becomes what it
 * was before; what others changed stays theirs.
 */
export function takeBack(before: Data, written: Data, current: Data): Data {
  if (isSame(current, written)) return before;
  if (isSame(before, written)) return current;
  if (isRecord(written) && isRecord(current)) return takeBackRecord(before, written, current);
  if (Array.isArray(written) && Array.isArray(current)) return takeBackList(before, written, current);
  return current;
}

function takeBackRecord(before: Data, written: Record<string, Data>, current: Record<string, Data>): Data {
  const old = isRecord(before) ? before : {};
  const result: Record<string, Data> = {};
  for (const name of new Set([...Object.keys(current), ...Object.keys(written)])) {
    const of = (record: Record<string, Data>) => (Object.hasOwn(record, name) ? record[name] : undefined);
    const value = takeBack(of(old), of(written), of(current));
    if (value !== undefined) result[name] = value;
  }
  return before === undefined && Object.keys(result).length === 0 ? undefined : result;
}

function takeBackList(before: Data, written: readonly Data[], current: readonly Data[]): Data {
  const old: readonly Data[] = Array.isArray(before) ? before : [];
  const added = written.filter((item) => !old.some((known) => isSame(known, item)));
  const replaced = old.filter((item) => !written.some((known) => isSame(known, item)));
  const kept = current.filter((item) => !added.some((ours) => isSame(ours, item)));
  const missing = replaced.filter((item) => !kept.some((known) => isSame(known, item)));
  const result = [...kept, ...missing];
  return before === undefined && result.length === 0 ? undefined : result;
}
