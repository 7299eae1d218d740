import { diff3MergeRegions } from 'node-diff3';

/** Beyond this, comparing word by word takes too long. */
const mostWords = 4_000;

/**
 * Applies the change from `written` back to `before` to a text that others have changed meanwhile, by lines and then by
 * words. null when both changed the same place.
 */
export function mergeText(before: string, written: string, current: string): string | null {
  return merge(lines(before), lines(written), lines(current)) ?? mergeWords(before, written, current);
}

function mergeWords(before: string, written: string, current: string): string | null {
  const parts = [words(before), words(written), words(current)] as const;
  return parts.some((part) => part.length > mostWords) ? null : merge(...parts);
}

function merge(before: string[], written: string[], current: string[]): string | null {
  const merged: string[] = [];
  for (const region of diff3MergeRegions(before, written, current)) {
    if (region.stable) merged.push(...region.bufferContent);
    else if (isEqual(region.aContent, region.bContent)) merged.push(...region.aContent);
    else return null;
  }
  return merged.join('');
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function words(text: string): string[] {
  return text.match(/\w+|\s+|[^\w\s]/g) ?? [];
}
