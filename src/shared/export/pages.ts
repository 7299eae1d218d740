import type { Output } from '../contract/contract.ts';
import type { UsageExportRow } from './columns.ts';

/** How many rows of a list are read at once for a file. */
export const exportPageSize = 200;

/** Every page of a list, one after another. */
export async function* everyPage<Row>(
  read: (cursor: string | null) => Promise<{ rows: Row[]; nextCursor: string | null }>,
): AsyncGenerator<Row[]> {
  for (let cursor: string | null = null, isLast = false; !isLast;) {
    const page: { rows: Row[]; nextCursor: string | null } = await read(cursor);
    yield page.rows;
    cursor = page.nextCursor;
    isLast = cursor === null;
  }
}

/** A report as its file has it. @param nameOf what a value is called */
export function usageRows(
  { span, rows }: Output<'usage.report'>,
  dimension: string,
  nameOf: (value: string) => string,
): UsageExportRow[] {
  const [from, to] = [new Date(span.fromMs).toISOString(), new Date(span.toMs).toISOString()];
  return rows.map((row) => ({ from, to, dimension, name: nameOf(row.value), ...row }));
}
