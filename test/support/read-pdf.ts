import { inflateSync } from 'node:zlib';

/** What a PDF made here shows in its standard fonts, one line per piece of text, in the order it was written. */
export function textOfPdf(pdf: Buffer): string {
  return streamsOf(pdf)
    .flatMap((stream) => [...stream.toString('latin1').matchAll(/\[([^\]]*)\] TJ/g)])
    .map(([, pieces = '']) => [...pieces.matchAll(/<([0-9a-f]+)>/g)].map(([, hex = '']) => decode(hex)).join(''))
    .join('\n');
}

export function pageCount(pdf: Buffer): number {
  return [...pdf.toString('latin1').matchAll(/\/Type \/Page\b/g)].length;
}

/** Every stream of the file, unpacked. */
export function streamsOf(pdf: Buffer): Buffer[] {
  const streams: Buffer[] = [];
  for (let at = pdf.indexOf('stream\n'); at !== -1; at = pdf.indexOf('stream\n', at)) {
    const start = at + 'stream\n'.length;
    const end = pdf.indexOf('\nendstream', start);
    streams.push(inflateSync(pdf.subarray(start, end)));
    at = end + '\nendstream'.length;
  }
  return streams;
}

function decode(hex: string): string {
  return new TextDecoder('windows-1252').decode(Buffer.from(hex, 'hex'));
}
