import type { Source } from './read-source.ts';

export const largest = { file: 400, testFile: 500, function: 70, component: 120 };

/** Data by the row: long because the thing it lists is long. */
const dataTables: ReadonlySet<string> = new Set([]);

/** What is too large in a file, as sentences. Tests may be longer, and a test's body as long as its story. */
export function oversized({ path, lineCount, functions }: Source): string[] {
  if (dataTables.has(path)) return [];
  const isTest = path.startsWith('test/');
  const limit = isTest ? largest.testFile : largest.file;
  const found = lineCount > limit ? [`${path} has ${lineCount} lines, more than ${limit}`] : [];
  if (isTest) return found;
  for (const { name, line, lineCount: length, isComponent } of functions) {
    const most = isComponent ? largest.component : largest.function;
    if (length > most) found.push(`${path}:${line} ${name} has ${length} lines, more than ${most}`);
  }
  return found;
}
