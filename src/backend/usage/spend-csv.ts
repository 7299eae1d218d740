import { stringify } from 'csv-stringify/sync';
import type { SpendRow } from './report-spend.ts';

/** Sums for a spreadsheet; what a spreadsheet would take for a formula is escaped. */
export function spendCsv(by: 'day' | 'model', rows: readonly SpendRow[]): string {
  const lines = rows.map(({ name, requests, inputTokens, outputTokens, cost }) => [
    name,
    requests,
    inputTokens,
    outputTokens,
    cost,
  ]);
  return stringify([[by, 'requests', 'input_tokens', 'output_tokens', 'cost_usd'], ...lines], {
    escape_formulas: true,
  });
}
