/** The two halves of a base64 data URL; null for any other URL. */
export function readDataUrl(url: string): { mediaType: string; base64: string } | null {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i.exec(url);
  if (!match?.[1]) return null;
  return { mediaType: match[1].toLowerCase(), base64: url.slice(match[0].length) };
}

export function dataUrl(mediaType: string, base64: string): string {
  return `data:${mediaType};base64,${base64}`;
}
