import { type Data, isRecord, isSame, takeBack, valueAt, withValue } from './documents/data.ts';
import { changeDocument, type FormatName, parseDocument } from './documents/document.ts';
import { mergeText } from './merge-text.ts';
import type { Member, MemberPath } from './recipe.ts';

/** A settings file before our change and as we wrote it. */
export interface Change {
  path: string;
  format: FormatName;
  /** null: there was no file. */
  before: string | null;
  written: string;
  /** Members that the tool writes again by itself. */
  rewritten: readonly (readonly string[])[];
}

/** The text of a settings file with a recipe's members in it. */
export function writeMembers(
  file: { path: string; format: FormatName; members: readonly Member[] },
  text: string | null,
): string {
  const from = parseDocument(file.format, text ?? '', file.path);
  const wanted = file.members.reduce(
    (data, { path, value, isDefault }) => setMember(data, path, value, isDefault ?? false),
    from,
  );
  return changeDocument(file.format, text ?? '', wanted, file.path);
}

/**
 * A settings file without our change, whatever others have changed in it since: their changes stay. null: the file was
 * ours alone, so it goes. Throws `tool_file_unreadable` when the file can no longer be read.
 */
export function takeBackChange(change: Change, found: string): string | null {
  const { path, format, before, written } = change;
  const current = asWritten(change, found);
  if (current === written) return before;
  const data = (text: string) => parseDocument(format, text, path);
  const wanted = takeBack(data(before ?? ''), data(written), data(current)) ?? {};
  const merged = mergeText(before ?? '', written, current);
  const result =
    merged !== null && isContent(merged, wanted, format, path) ? merged : changeDocument(format, current, wanted, path);
  const isLeftEmpty =
    Object.keys(isRecord(wanted) || Array.isArray(wanted) ? wanted : { other: true }).length === 0 &&
    !/[^\s{}[\]]/.test(result);
  return before === null && isLeftEmpty ? null : result;
}

/** Whether the members that were written are still in the file with their values. */
export function isInPlace(change: Change, found: string): boolean {
  const { path, format, before, written } = change;
  const current = asWritten(change, found);
  const data = (text: string) => parseDocument(format, text, path);
  const content = data(current);
  return current === written || isSame(applyAgain(data(before ?? ''), data(written), content), content);
}

/** The text with our values where the tool has put newer ones of its own. */
function asWritten({ path, format, written, rewritten }: Change, current: string): string {
  const from = rewritten.length === 0 ? {} : parseDocument(format, current, path);
  const ours = rewritten.length === 0 ? {} : parseDocument(format, written, path);
  const present = rewritten.filter((place) => valueAt(from, place) !== undefined);
  if (present.length === 0) return current;
  return changeDocument(
    format,
    current,
    present.reduce((data, place) => withValue(data, place, valueAt(ours, place)), from),
    path,
  );
}

/** The current content with our change made again: equal to itself when the change is still there. */
function applyAgain(before: Data, written: Data, current: Data): Data {
  if (isSame(before, written)) return current;
  if (isRecord(written) && (isRecord(before) || before === undefined)) {
    const [old, now] = [before ?? {}, isRecord(current) ? current : {}];
    const names = new Set([...Object.keys(now), ...Object.keys(written)]);
    return Object.fromEntries([...names].map((name) => [name, applyAgain(old[name], written[name], now[name])]));
  }
  if (Array.isArray(written) && Array.isArray(current)) {
    const old: readonly Data[] = Array.isArray(before) ? before : [];
    const added = written.filter((item) => !old.some((known) => isSame(known, item)));
    return [...current, ...added.filter((item) => !current.some((known) => isSame(known, item)))];
  }
  return written;
}

function isContent(text: string, wanted: Data, format: FormatName, path: string): boolean {
  try {
    return isSame(parseDocument(format, text, path), wanted);
  } catch {
    return false;
  }
}

function setMember(data: Data, path: MemberPath, value: Data, isDefault: boolean): Data {
  const [step, ...rest] = path;
  if (step === undefined) return isDefault && data !== undefined ? data : value;
  if (typeof step === 'string') {
    const inner = isRecord(data) && Object.hasOwn(data, step) ? data[step] : undefined;
    return withValue(data, [step], setMember(inner, rest, value, isDefault));
  }
  const list: readonly Data[] = Array.isArray(data) ? data : [];
  const found = list.findIndex(
    (item) => isRecord(item) && Object.entries(step.item).every(([name, is]) => item[name] === is),
  );
  const index = found === -1 ? list.length : found;
  return withValue(list, [index], setMember(list[index], rest, value, isDefault));
}
