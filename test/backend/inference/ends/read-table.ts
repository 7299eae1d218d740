import { readFileSync } from 'node:fs';

/** A row of the table of ends in docs/billing.md. */
export interface EndRow {
  reply: string;
  ended: string;
  usage: string;
  dialects: string;
  charged: string;
}

export function readTableOfEnds(): EndRow[] {
  const text = readFileSync(new URL('../../../../docs/billing.md', import.meta.url), 'utf8');
  const table = /<!-- ends -->\n([\s\S]*?)\n<!-- \/ends -->/.exec(text)?.[1] ?? '';
  const [, , ...rows] = table.trim().split('\n');
  return rows.map((line) => {
    const [reply = '', ended = '', usage = '', dialects = '', charged = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    return { reply, ended, usage, dialects, charged };
  });
}
