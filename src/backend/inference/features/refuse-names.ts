import { createJsonWalk, requestLimits } from '#proxy/body/json-walk.ts';
import { refuseSpelling, refuseTwice } from '#proxy/body/member-names.ts';

const backslash = 0x5c;
const needsNoEscape = /^[\w.$-]+$/;

/**
 * No client writes the letters of a name as escapes, and what is searched for in the bytes would not be found. Throws
 * `bad_request`.
 */
export function refuseEscapedName(body: Buffer, start: number, end: number): void {
  const escape = body.indexOf(backslash, start);
  if (escape === -1 || escape >= end) return;
  const name = String(JSON.parse(body.toString('utf8', start, end)));
  if (needsNoEscape.test(name)) refuseSpelling(name);
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
