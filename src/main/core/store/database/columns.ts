import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import type { SqlRow } from './database.ts';

/** Reads a column as the type that the schema gives it; a value of another type is a defect and throws. */
export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrongType(column, 'text');
  return value;
}

export function optionalText(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'bigint') throw wrongType(column, 'an integer');
  return Number(value);
}

export function optionalInteger(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function optionalReal(row: SqlRow, column: string): number | null {
  const value = row[column];
  if (value === null) return null;
  if (typeof value !== 'number') throw wrongType(column, 'a number');
  return value;
}

export function money(row: SqlRow, column: string): NanoUsd {
  const value = row[column];
  if (typeof value !== 'bigint') throw wrongType(column, 'an amount');
  return nanoUsd(value);
}

export function optionalMoney(row: SqlRow, column: string): NanoUsd | null {
  return row[column] === null ? null : money(row, column);
}

export function optionalUsd(row: SqlRow, column: string): string | null {
  const amount = optionalMoney(row, column);
  return amount === null ? null : usdText(amount);
}

function wrongType(column: string, wanted: string): Error {
  return new Error(`column "${column}" does not hold ${wanted}`);
}
