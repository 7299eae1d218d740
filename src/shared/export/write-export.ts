import type { NanoUsd } from '../money.ts';
import { usdText } from '../money.ts';

/** What a cell can hold. Money is a bigint, so that no text is taken for a number. */
export type ExportValue = string | number | boolean | NanoUsd | null;

export interface ExportColumn<Row> {
  /** The heading in CSV, the member in JSON. */
  name: string;
  of(row: Row): ExportValue;
}

export type ExportFormat = 'csv' | 'json';

/** Writes rows as they come, page by page: a file of any size takes the memory of one page. */
export async function* writeExport<Row>(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly ExportColumn<Row>[],
  format: ExportFormat,
): AsyncGenerator<string> {
  yield format === 'csv' ? csvLine(columns.map(({ name }) => name)) : '[';
  let isFirst = true;
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    const texts = rows.map((row) =>
      format === 'csv' ? csvLine(columns.map(({ of }) => of(row))) : jsonText(row, columns),
    );
    yield format === 'csv' ? texts.join('') : `${isFirst ? '' : ','}\n${texts.join(',\n')}`;
    isFirst = false;
  }
  if (format === 'json') yield isFirst ? ']\n' : '\n]\n';
}

function jsonText<Row>(row: Row, columns: readonly ExportColumn<Row>[]): string {
  const members = columns.map(({ name, of }): [string, unknown] => {
    const value = of(row);
    return [name, typeof value === 'bigint' ? usdText(value) : value];
  });
  return JSON.stringify(Object.fromEntries(members));
}

/** A line as RFC 4180 has it. */
function csvLine(values: readonly ExportValue[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/** Beginnings by which a spreadsheet takes a text for a formula. */
const formula = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

/** A text that a spreadsheet would run gets an apostrophe before it; numbers and amounts never do. */
function csvCell(value: ExportValue): string {
  if (value === null) return '';
  if (typeof value === 'bigint') return usdText(value);
  if (typeof value !== 'string') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
