/**
 * A text from outside as it may be kept: no longer than this, never half a character at its end, and without the character that
 * ends a text in C, which some databases refuse.
 */
export function cutText(text: string, longest: number): string {
  const stored = text.length > longest ? text.slice(0, endOfCharacter(text, longest)) : text;
  return stored.includes('\0') ? stored.replaceAll('\0', '') : stored;
}

function endOfCharacter(text: string, at: number): number {
  const last = text.charCodeAt(at - 1);
  return last >= 0xd800 && last <= 0xdbff ? at - 1 : at;
}
