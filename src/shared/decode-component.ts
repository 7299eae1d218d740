/** A part of a URL as it was meant; null where a percent sign begins no character. */
export function decodeComponent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
