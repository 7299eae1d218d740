export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
const DELETE = 0x7f;

/** Whether a line of HTTP may have it: other than a tab, no control character. */
export function isText(code: number): boolean {
  return code === TAB || (code >= SPACE && code !== DELETE);
}

/** What the name of a header is (RFC 9110, 5.6.2). */
export const token = /^[!#$%&'*+.^_`|~\w-]+$/;
