/** A month's expenses, in the words that the file shows: the thread that draws knows nothing else. */
export interface MonthSheet {
  title: string;
  /** Lines below the title. */
  facts: readonly string[];
  tables: readonly SheetTable[];
  /** At the foot of every page. */
  foot: string;
}

export interface SheetTable {
  title: string;
  /** The first column is text, the others numbers. */
  heads: readonly string[];
  rows: readonly (readonly string[])[];
  /** The last line, in bold. Absent: none. */
  sum?: readonly string[];
}

/** What the thread answers. */
export type DrawnSheet = { bytes: Uint8Array } | { error: string };
