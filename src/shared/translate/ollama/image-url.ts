import { dataUrl, readDataUrl } from '../data-url.ts';

/** How pictures begin, in base64: a picture comes here without its type. */
const beginnings: readonly (readonly [string, string])[] = [
  ['iVBOR', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['Qk', 'image/bmp'],
];

export function imageUrl(base64: string): string {
  if (readDataUrl(base64)) return base64;
  const known = beginnings.find(([beginning]) => base64.startsWith(beginning));
  return dataUrl(known?.[1] ?? 'image/png', base64);
}
