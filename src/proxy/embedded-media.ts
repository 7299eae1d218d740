import type { JsonSpan } from './scan-json.ts';

/** Pictures and sound inside a body: their bytes are no text, which costs tokens by its length. */
export interface Media {
  bytes: number;
  parts: number;
}

/** Told of a JSON text's structure as it is scanned. */
export interface MediaScan {
  readonly found: Media;
  open(): void;
  close(): void;
  /** The string before a colon. */
  key(span: JsonSpan): void;
  /** What was under the last key is over. */
  comma(): void;
  /** Any other string, with its quotes. */
  value(span: JsonSpan): void;
}

/** One object or list that is open. */
interface Level {
  key: JsonSpan | null;
  /** Says of its `data` that it is a picture or sound. */
  isMedia: boolean;
  data: Media;
}

/** Shorter ones cost as text about what they cost as media. */
const longFromBytes = 4096;
/** Only what is said to a model has media; a tool's description that looks like a picture is text to it. */
const conversationMembers: ReadonlySet<string> = new Set(['messages', 'input']);
const dataUrl = /^"data:(image|audio|video)\//;
const mediaType = /^"(image|audio|video)\//;

/**
 * Finds media where the dialects have it and nowhere else: data URLs under `url` and `image_url`, `data` beside a `media_type` or under
 * `input_audio`. A prompt in a script without spaces, or one made to look like data, is text, and must be paid for as such.
 */
export function scanMedia(body: Buffer): MediaScan {
  const found: Media = { bytes: 0, parts: 0 };
  const levels: Level[] = [];
  const nameAt = (index: number): string => {
    const key = levels.at(index)?.key;
    return key ? body.toString('latin1', key.start + 1, key.end - 1) : '';
  };

  /** Within what is said, and not in the words that a tool was called with. */
  function isSaid(): boolean {
    return conversationMembers.has(nameAt(0)) && levels.every((_, depth) => depth === 0 || nameAt(depth) !== 'input');
  }

  return {
    found,
    open: () => void levels.push({ key: null, isMedia: false, data: { bytes: 0, parts: 0 } }),
    close() {
      const level = levels.pop();
      if (level?.isMedia) add(found, level.data);
    },
    key(span) {
      const level = levels.at(-1);
      if (level) level.key = span;
    },
    comma() {
      const level = levels.at(-1);
      if (level) level.key = null;
    },
    value({ start, end }) {
      const level = levels.at(-1);
      if (!level?.key) return;
      if (end - start <= longFromBytes) {
        if (nameAt(-1) === 'media_type' && mediaType.test(body.toString('latin1', start, start + 8))) level.isMedia = true;
        return;
      }
      if (!isSaid()) return;
      const [name, part] = [nameAt(-1), { bytes: end - start, parts: 1 }];
      if (name === 'data') add(nameAt(-2) === 'input_audio' ? found : level.data, part);
      else if ((name === 'url' || name === 'image_url') && dataUrl.test(body.toString('latin1', start, start + 12))) add(found, part);
    },
  };
}

function add(sum: Media, part: Media): void {
  sum.bytes += part.bytes;
  sum.parts += part.parts;
}
