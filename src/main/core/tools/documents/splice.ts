/** Replaces a part of a text. */
export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

export function lineEndOf(text: string): '\n' | '\r\n' {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Where the line of a position begins. */
export function lineStart(text: string, position: number): number {
  return text.lastIndexOf('\n', position - 1) + 1;
}

/** Where the line after a position's begins; the end of the text when there is none. */
export function nextLine(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end === -1 ? text.length : end + 1;
}

/** The white space at the beginning of a position's line, if nothing else stands before it; else null. */
export function indentBefore(text: string, position: number): string | null {
  const before = text.slice(lineStart(text, position), position);
  return /^[ \t]*$/.test(before) ? before : null;
}
