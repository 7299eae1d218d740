/**
 * Reads CSV as RFC 4180 has it; a quote where none may stand, or a ragged row, is an error. @returns records by the
 * header's names
 */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) throw new Error(`not CSV after ${rows.length} rows`);
    const [, raw = '', end] = match;
    rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === '\r\n') rows.push([]);
  }
  const [header = [], ...records] = rows.filter((row) => row.length > 0);
  return records.map((record) => {
    if (record.length !== header.length)
      throw new Error(`a row of ${record.length} cells under ${header.length} names`);
    return Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  });
}
