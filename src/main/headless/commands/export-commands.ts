import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { requestColumns, statementColumns, usageColumns } from '#shared/export/columns.ts';
import { everyPage, exportPageSize, usageRows } from '#shared/export/pages.ts';
import { type ExportColumn, writeExport } from '#shared/export/write-export.ts';
import { writePrivateFile } from '../../host/atomic-file.ts';
import type { CommandContext } from '../call-and-print.ts';
import { type Connection, withConnection } from '../connection.ts';
import { filterOf, type FilterOptions, withFilterOptions } from '../filter-options.ts';
import { plainText, printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { keyNames, usageInput, type UsageOptions, withUsageOptions } from './usage-command.ts';

/** `corvusllm export …` */
export function addExportCommands({ program, context }: CommandLine): void {
  const exports = program
    .command('export')
    .description('Write requests, usage or the statement as CSV; with --json as one JSON array');
  withFilterOptions(exports.command('requests').description('Every request, newest first')).action(
    (options: FilterOptions) =>
      exportPages(context(), requestColumns, async (connection) => {
        const filter = await filterOf(connection, options);
        return everyPage((cursor) => connection.call('requests.export', { filter, cursor, limit: exportPageSize }));
      }),
  );
  withUsageOptions(exports.command('usage').description('The sums of `corvusllm usage`')).action(
    (options: UsageOptions) =>
      exportPages(context(), usageColumns, async (connection) => {
        const report = await connection.call('usage.report', await usageInput(connection, options));
        const nameOf = await keyNames(connection, options.by);
        return everyPage(async () => ({ rows: usageRows(report, options.by, nameOf), nextCursor: null }));
      }),
  );
  exports
    .command('month')
    .description("A month's expenses as a PDF file: by lane, tool, model and day, and what moved the account")
    .argument('<month>', 'For example 2026-11, of the time zone of this machine', parseMonth)
    .option('--out <file>', 'Where the file is written (default: corvus-<month>.pdf in this folder)')
    .action((month: string, { out }: { out?: string }) => exportMonth(context(), month, out));
  exports
    .command('statement')
    .description("Every line of the account's statement, newest first")
    .action(() =>
      exportPages(context(), statementColumns, async (connection) =>
        everyPage(async (cursor) => {
          const { lines, nextCursor } = await connection.call('billing.ledger', { cursor, limit: exportPageSize });
          return { rows: lines, nextCursor };
        }),
      ),
    );
}

/** Streams pages to standard output, until all are written or no one reads on. */
async function exportPages<Row>(
  { home, isJson, io }: CommandContext,
  columns: readonly ExportColumn<Row>[],
  open: (connection: Connection) => Promise<AsyncIterable<readonly Row[]>>,
): Promise<void> {
  await withConnection(home, async (connection) => {
    for await (const text of writeExport(await open(connection), columns, isJson ? 'json' : 'csv')) {
      await io.write(text);
      if (io.isReaderGone()) return;
    }
  });
}

async function exportMonth(
  { home, isJson, io }: CommandContext,
  month: string,
  out: string | undefined,
): Promise<void> {
  await withConnection(home, async (connection) => {
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { name, base64 } = await connection.call('usage.month-file', { timeZone, month });
    const file = resolve(out ?? name);
    await writePrivateFile(file, Buffer.from(base64, 'base64'));
    await printResult(io, isJson, { file }, () => plainText(`Written: ${file}`));
  });
}

function parseMonth(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a month such as 2026-11.');
}
