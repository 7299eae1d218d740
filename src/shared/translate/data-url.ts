/** Longer than any media type with its parameters. Everything after that is data and is not searched. */
const longestHead = 512;

/** The two halves of a base64 data URL; null for any other URL. */
export function readDataUrl(url: string): { mediaType: string; base64: string } | null {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i.exec(url.slice(0, longestHead));
  if (!match?.[1]) return null;
  return { mediaType: match[1].toLowerCase(), base64: url.slice(match[0].length) };
}

/** A file as the OpenAI dialects send it: a data URL, or bare base64, which is a PDF unless another type is stated. */
export function readFileData(data: string): { kind: 'data'; mediaType: string; base64: string } {
  return { kind: 'data', ...(readDataUrl(data) ?? { mediaType: 'application/pdf', base64: data }) };
}

export function dataUrl(mediaType: string, base64: string): string {
  return `data:${mediaType};base64,${base64}`;
}
