import type { JsonObject } from '#shared/dialects/json-value.ts';
import { inTurns, workedOnAtOnceUpToBytes } from './turns.ts';

const pieceCharacters = 64 * 1024;
const workOfMember = 64;

/** An object or list that is being written. */
interface Frame {
  /** null: a list. */
  keys: readonly string[] | null;
  value: Readonly<Record<string, unknown>> | readonly unknown[];
  next: number;
  isEmpty: boolean;
}

/**
 * The value as `JSON.stringify` writes it, in UTF-8; a large one is written a piece a turn.
 * @param sizeHint about how many bytes it will have
 */
export async function writeInTurns(value: JsonObject, sizeHint: number): Promise<Buffer> {
  if (sizeHint <= workedOnAtOnceUpToBytes) return Buffer.from(JSON.stringify(value));
  const writer = createWriter(value);
  await inTurns(writer.step);
  return Buffer.concat(writer.pieces);
}

function createWriter(root: JsonObject): { step(work: number): boolean; pieces: Buffer[] } {
  const pieces: Buffer[] = [];
  const open: Frame[] = [];
  let text = '';
  let work = 0;
  /** A long text that is being written, from this character on. */
  let longText: string | null = null;
  let longAt = 0;

  function flush(): void {
    if (text === '') return;
    pieces.push(Buffer.from(text));
    text = '';
  }

  function begin(value: unknown): void {
    if (typeof value === 'string' && value.length > pieceCharacters) {
      longText = value;
      longAt = 0;
      text += '"';
    } else if (Array.isArray(value)) {
      text += '[';
      open.push({ keys: null, value, next: 0, isEmpty: true });
    } else if (typeof value === 'object' && value !== null) {
      text += '{';
      const object = value as Readonly<Record<string, unknown>>;
      open.push({ keys: Object.keys(object), value: object, next: 0, isEmpty: true });
    } else {
      const written = JSON.stringify(value) ?? 'null';
      work += written.length;
      text += written;
    }
  }

  function goOnWithText(whole: string): void {
    let end = Math.min(whole.length, longAt + pieceCharacters);
    // A pair of surrogates stays together, or each half would be written as an escape.
    if (end < whole.length && (whole.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    text += JSON.stringify(whole.slice(longAt, end)).slice(1, -1);
    work += end - longAt;
    longAt = end;
    flush();
    if (longAt < whole.length) return;
    text += '"';
    longText = null;
  }

  function goOn(frame: Frame): void {
    work += workOfMember;
    const { keys, value } = frame;
    const index = frame.next;
    if (index >= (keys ?? (value as readonly unknown[])).length) {
      text += keys ? '}' : ']';
      open.pop();
      return;
    }
    frame.next += 1;
    const key = keys?.[index];
    const member: unknown = Reflect.get(value, key ?? index);
    if (key !== undefined && member === undefined) return;
    if (!frame.isEmpty) text += ',';
    frame.isEmpty = false;
    if (key !== undefined) text += `${JSON.stringify(key)}:`;
    begin(member);
    if (text.length > pieceCharacters) flush();
  }

  begin(root);
  return {
    pieces,
    step(budget) {
      const until = work + budget;
      for (;;) {
        const frame = open.at(-1);
        if (longText !== null) goOnWithText(longText);
        else if (frame) goOn(frame);
        else break;
        if (work >= until) return false;
      }
      flush();
      return true;
    },
  };
}
