/**
 * Prepares a text from outside for storage: cut to a length, never through a character, without NUL, which ends a text
 * in C and which some databases refuse, and without half a character, of which they would keep something else.
 */
export function cutText(text: string, longest: number): string {
  const stored = (text.length > longest ? text.slice(0, endOfCharacter(text, longest)) : text).toWellFormed();
  return stored.includes('\0') ? stored.replaceAll('\0', '') : stored;
}

function endOfCharacter(text: string, at: number): number {
  const last = text.charCodeAt(at - 1);
  return last >= 0xd800 && last <= 0xdbff ? at - 1 : at;
}
