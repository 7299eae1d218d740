import type { JsonObject } from './json-value.ts';
import type { ReplyShape } from './output-size.ts';

/** An object or list that is open. */
export interface Level {
  isObject: boolean;
  /** The member that contains this value, directly or through a list. */
  owner: string;
  /** The member that comes next or is being read. */
  name: string;
  isCounted: boolean;
  isAllSaid: boolean;
}

/** Notices, while a reply's bytes pass, what it says about itself. Told of its structure as it is read. */
export interface MemberNotice {
  /** The members of the reply that report something, as JSON text by name. */
  readonly reported: ReadonlyMap<string, string>;
  /** The kinds of the items of its output. */
  readonly items: readonly JsonObject[];
  isInItem(): boolean;
  /** A value begins here, or after blanks. */
  begin(index: number): void;
  /** It is an object or list. */
  open(isObject: boolean): void;
  /** A string is over. */
  text(at: Level, head: string): void;
  /** The innermost object or list is about to end. */
  close(): void;
  /** A value has ended before this position, unless it has already. */
  end(chunk: Uint8Array, index: number): void;
  /** Nothing more is in this chunk. */
  passOn(chunk: Uint8Array): void;
}

/** @param levels that are open, the outermost first */
export function createMemberNotice(
  { usageMember = 'usage', itemsIn }: ReplyShape,
  levels: readonly Level[],
): MemberNotice {
  // Only at the top they are the upstream's: other members can hold what the caller or the model has written.
  const wanted: ReadonlySet<string> = new Set([usageMember, ...reportingMembers]);
  const capture = createCapture();
  const reported = new Map<string, string>();
  const items: JsonObject[] = [];
  let item: Record<string, unknown> | null = null;

  return {
    reported,
    items,
    isInItem: () => item !== null,
    begin(index) {
      if (levels.length === 1 && wanted.has(levels[0]?.name ?? '')) capture.begin(index);
    },
    open(isObject) {
      if (itemsIn !== undefined && isObject && levels.length === 2 && levels[0]?.name === itemsIn) item = {};
    },
    text(at, head) {
      if (item === null || !at.isObject) return;
      if (levels.length === 3 && (at.name === 'type' || at.name === 'status')) item[at.name] = head;
      if (levels.length === 4 && at.owner === 'action' && at.name === 'type') item['action'] = { type: head };
    },
    close() {
      if (item === null || levels.length !== 3) return;
      if (items.length < mostItems) items.push(item);
      item = null;
    },
    end(chunk, index) {
      const text = levels.length === 1 ? capture.end(chunk, index) : null;
      if (text !== null) reported.set(levels[0]?.name ?? '', text);
    },
    passOn: capture.passOn,
  };
}

/** Beside its usage, by their names in all dialects. */
const reportingMembers = [
  'id',
  'model',
  'service_tier',
  'status',
  'incomplete_details',
  'stop_reason',
  'background',
  'store',
];

/** More than an answer has. */
const mostItems = 1_000;
/** More than any of them has. */
const longestCapture = 16 * 1024;

/** Keeps the bytes between two positions, which may lie in different chunks. */
function createCapture() {
  const pieces: Uint8Array[] = [];
  let length = 0;
  /** Where it begins in this chunk; -1: nothing is being kept. */
  let from = -1;

  function add(chunk: Uint8Array, to: number): void {
    length += to - from;
    if (length <= longestCapture) pieces.push(chunk.slice(from, to));
  }

  return {
    begin(index: number) {
      pieces.length = 0;
      length = 0;
      from = index;
    },
    /** @returns the text; null where nothing was kept, or too much came */
    end(chunk: Uint8Array, index: number): string | null {
      if (from === -1) return null;
      add(chunk, index);
      from = -1;
      return length > longestCapture ? null : decodeAll(pieces);
    },
    passOn(chunk: Uint8Array) {
      if (from === -1) return;
      add(chunk, chunk.length);
      from = 0;
    },
  };
}

function decodeAll(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
}
