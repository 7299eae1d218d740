import { diffIndices } from 'node-diff3';
import { redactText } from '#shared/redact.ts';
import type { DiffLine } from '#shared/domain/tool.ts';

const contextLines = 3;

/** What changes between two texts, line by line, with a little of what stays around it. Keys are masked. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  const all: DiffLine[] = [];
  let position = 0;
  const same = (until: number) =>
    all.push(...old.slice(position, until).map((text) => ({ kind: 'same' as const, text })));
  for (const {
    buffer1: [start, length],
    buffer1Content,
    buffer2Content,
  } of diffIndices(old, next)) {
    same(start);
    all.push(...buffer1Content.map((text) => ({ kind: 'removed' as const, text })));
    all.push(...buffer2Content.map((text) => ({ kind: 'added' as const, text })));
    position = start + length;
  }
  same(old.length);
  return withoutDistantLines(all).map(({ kind, text }) => ({ kind, text: redactText(text) }));
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function withoutDistantLines(all: readonly DiffLine[]): DiffLine[] {
  const isNear = (index: number) =>
    all.slice(Math.max(0, index - contextLines), index + contextLines + 1).some(({ kind }) => kind !== 'same');
  return all.flatMap((line, index) => {
    if (isNear(index)) return [line];
    return index === 0 || isNear(index - 1) ? [{ kind: 'gap' as const, text: '' }] : [];
  });
}
