import type { JsonObject } from '#shared/dialects/json-value.ts';
import { inTurns, joinInTurns, workedOnAtOnceUpToBytes } from '../turns/in-turns.ts';

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
 * The value as `JSON.stringify` writes it, in UTF-8. A large one is written one piece per turn.
 * @param sizeHint about how many bytes it will have
 */
export async function writeInTurns(value: JsonObject, sizeHint: number): Promise<Buffer> {
  if (sizeHint <= workedOnAtOnceUpToBytes) return Buffer.from(JSON.stringify(value));
  const writer = new Writer(value);
  await inTurns((work) => writer.step(work));
  return joinInTurns(writer.pieces);
}

class Writer {
  readonly pieces: Buffer[] = [];
  private readonly open: Frame[] = [];
  private text = '';
  private work = 0;
  /** A long text that is being written, from this character on. */
  private longText: string | null = null;
  private longAt = 0;

  constructor(root: JsonObject) {
    this.begin(root);
  }

  step(budget: number): boolean {
    const until = this.work + budget;
    for (;;) {
      const frame = this.open.at(-1);
      if (this.longText !== null) this.goOnWithText(this.longText);
      else if (frame) this.goOn(frame);
      else break;
      if (this.work >= until) return false;
    }
    this.flush();
    return true;
  }

  private flush(): void {
    if (this.text === '') return;
    this.pieces.push(Buffer.from(this.text));
    this.text = '';
  }

  private begin(value: unknown): void {
    if (typeof value === 'string' && value.length > pieceCharacters) {
      this.longText = value;
      this.longAt = 0;
      this.text += '"';
    } else if (Array.isArray(value)) {
      this.text += '[';
      this.open.push({ keys: null, value, next: 0, isEmpty: true });
    } else if (typeof value === 'object' && value !== null && !JSON.isRawJSON(value)) {
      this.text += '{';
      const object = value as Readonly<Record<string, unknown>>;
      this.open.push({ keys: Object.keys(object), value: object, next: 0, isEmpty: true });
    } else {
      const written = JSON.stringify(value) ?? 'null';
      this.work += written.length;
      this.text += written;
    }
  }

  private goOnWithText(whole: string): void {
    let end = Math.min(whole.length, this.longAt + pieceCharacters);
    // A surrogate pair stays together, or each half would be written as an escape.
    if (end < whole.length && (whole.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    this.text += JSON.stringify(whole.slice(this.longAt, end)).slice(1, -1);
    this.work += end - this.longAt;
    this.longAt = end;
    this.flush();
    if (this.longAt < whole.length) return;
    this.text += '"';
    this.longText = null;
  }

  private goOn(frame: Frame): void {
    this.work += workOfMember;
    const { keys, value, next } = frame;
    if (next >= (keys ?? (value as readonly unknown[])).length) {
      this.text += keys ? '}' : ']';
      this.open.pop();
      return;
    }
    frame.next += 1;
    const key = keys?.[next];
    const member: unknown = Reflect.get(value, key ?? next);
    if (key !== undefined && member === undefined) return;
    if (!frame.isEmpty) this.text += ',';
    frame.isEmpty = false;
    if (key !== undefined) this.text += `${JSON.stringify(key)}:`;
    this.begin(member);
    if (this.text.length > pieceCharacters) this.flush();
  }
}
