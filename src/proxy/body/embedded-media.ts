/** Pictures and sound inside a body: their bytes are not text, so their length says nothing about tokens. */
export interface Media {
  bytes: number;
  parts: number;
}

/** Receives a JSON text's structure as it is walked. */
export interface MediaFinder {
  readonly found: Media;
  open(): void;
  close(): void;
  /** A member's name, with its quotes. */
  name(start: number, end: number): void;
  /** A string that is a value, with its quotes. */
  text(start: number, end: number): void;
}

/** One object or list that is open. */
interface Level {
  /** The member being read, if it matters here; empty for all others and in lists. */
  key: string;
  /** Within message content, and not within a tool call's arguments. */
  isSaid: boolean;
  /** Marks its `data` as a picture or sound. */
  isMedia: boolean;
  data: Media | null;
}

/** Shorter strings cost about the same as text or as media. */
const longFromBytes = 4096;
/** Only messages have media: a tool description that looks like a picture is text to the model. */
const conversationMembers: ReadonlySet<string> = new Set(['messages', 'input']);
const namesThatMatter: ReadonlySet<string> = new Set([
  ...conversationMembers,
  'media_type',
  'data',
  'url',
  'image_url',
  'input_audio',
]);
const longestName = Math.max(...[...namesThatMatter].map((name) => name.length));
/** These prefixes decide most names. */
const firstBytes: ReadonlySet<number | undefined> = new Set([...namesThatMatter].map((name) => name.charCodeAt(0)));
const dataUrl = /^"data:(image|audio|video)\//;
const mediaType = /^"(image|audio|video)\//;

/**
 * Finds media only where the dialects have it: data URLs under `url` and `image_url`, `data` beside a `media_type` or
 * under `input_audio`. A prompt in a script without spaces, or one made to look like data, is text and must be paid for
 * as such.
 */
export function createMediaFinder(body: Buffer): MediaFinder {
  const found: Media = { bytes: 0, parts: 0 };
  const levels: Level[] = [];

  return {
    found,
    open() {
      const outer = levels.at(-1);
      const isSaid =
        outer !== undefined &&
        (levels.length === 1 ? conversationMembers.has(outer.key) : outer.isSaid && outer.key !== 'input');
      levels.push({ key: '', isSaid, isMedia: false, data: null });
    },
    close() {
      const level = levels.pop();
      if (level?.isMedia && level.data) add(found, level.data);
    },
    name(start, end) {
      const level = levels.at(-1);
      if (!level) return;
      const length = end - start - 2;
      const mayMatter = length <= longestName && firstBytes.has(body[start + 1]);
      const name = !mayMatter ? '' : body.toString('latin1', start + 1, end - 1);
      level.key = namesThatMatter.has(name) ? name : '';
    },
    text(start, end) {
      const level = levels.at(-1);
      if (!level || level.key === '') return;
      if (end - start <= longFromBytes) {
        if (level.key === 'media_type' && mediaType.test(body.toString('latin1', start, start + 8)))
          level.isMedia = true;
        return;
      }
      if (!level.isSaid) return;
      const part = { bytes: end - start, parts: 1 };
      if (level.key === 'data') {
        if (levels.at(-2)?.key === 'input_audio') add(found, part);
        else add((level.data ??= { bytes: 0, parts: 0 }), part);
      } else if (
        (level.key === 'url' || level.key === 'image_url') &&
        dataUrl.test(body.toString('latin1', start, start + 12))
      )
        add(found, part);
    },
  };
}

function add(sum: Media, part: Media): void {
  sum.bytes += part.bytes;
  sum.parts += part.parts;
}
