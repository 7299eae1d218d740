import { createJsonWalk, requestLimits } from '#proxy/body/json-walk.ts';
import { refuseSpelling, refuseTwice } from '#proxy/body/member-names.ts';

const backslash = 0x5c;
const needsNoEscape = /^[\w.$-]+$/;

/**
 * No client writes the letters of a name as escapes, and what is searched for in the bytes would not be found. Throws
 * `bad_request`.
 */
export function refuseEscapedName(body: Buffer, start: number, end: number): void {
  if (!isEscaped(body, start, end)) return;
  const name = String(JSON.parse(body.toString('utf8', start, end)));
  if (needsNoEscape.test(name)) refuseSpelling(name);
}

/** Looks at the name alone: a search of the bytes goes on to the end of the body, for each of its names. */
function isEscaped(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (body[at] === backslash) return true;
  return false;
}

/** Throws `bad_request` with the first name that stands twice in one object. */
export function refuseTwiceNamed(body: Buffer): void {
  const objects: Set<string>[] = [];
  const walk = createJsonWalk(
    body,
    {
      open: () => void objects.push(new Set()),
      close: () => void objects.pop(),
      name(start, end) {
        const name = String(JSON.parse(body.toString('utf8', start, end)));
        const seen = objects.at(-1);
        if (seen?.has(name)) refuseTwice(name);
        seen?.add(name);
      },
      text: () => {},
      scalar: () => {},
    },
    requestLimits,
  );
  walk.step(Number.POSITIVE_INFINITY);
}
