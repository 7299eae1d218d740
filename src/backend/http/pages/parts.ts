import { html, raw } from 'hono/html';
import type { Html } from './frame.ts';

export interface Column<Row> {
  name: string;
  /**
   * `number`: right-aligned; `time`: never broken; `id`: monospaced; `model`: a name of any length; `spare`: a number
   * that narrow screens leave out.
   */
  look?: 'number' | 'time' | 'id' | 'whole' | 'model' | 'bar-cell' | 'spare';
  cell(row: Row): Html | string;
}

interface Table<Row> {
  /** The table's name for screen readers. */
  name: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** One more row at the end, set apart. */
  total?: Row;
  /** Shown instead of an empty table. */
  empty: string;
}

/** A table that scrolls sideways where it is too wide, also by keyboard; or a sentence when it is empty. */
export function table<Row>({ name, rows, columns, total, empty }: Table<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const heads = columns.map((column) => html`<th scope="col" class="${lookOf(column)}">${column.name}</th>`);
  const line = (row: Row): Html =>
    html`<tr>
      ${columns.map((column) => html`<td class="${lookOf(column)}">${column.cell(row)}</td>`)}
    </tr>`;
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
      ${
        total === undefined
          ? ''
          : html`<tfoot>
              ${line(total)}
            </tfoot>`
      }
    </table>
  </div>`;
}

function lookOf({ look }: { look?: string }): string {
  return look ?? '';
}

export function cards(facts: readonly { name: string; value: Html | string; detail?: Html | string }[]): Html {
  return html`<dl class="cards">
    ${facts.map(
      ({ name, value, detail }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${detail === undefined ? '' : html`<small>${detail}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}

/** @param percent of 100; from 90 on it is coloured as nearly used up */
export function usedMeter(percent: number, label: string): Html {
  return html`<meter min="0" max="100" optimum="0" high="90" value="${String(percent)}" aria-label="${label}"></meter>
    ${percent.toFixed(1)} %`;
}

/** A search over what the page lists. Its words are in the address, so that the page can be shared. */
export function searchBar(label: string, value: string, more: Html | string = ''): Html {
  return html`<form class="bar" role="search">
    <label>${label}<input type="search" name="q" value="${value}" maxlength="200" /></label>${more}<button>
      Search
    </button>
  </form>`;
}

export function time(iso: string | null): Html | string {
  return iso === null ? none : html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`;
}

/** An unknown value: never shown as zero. */
export const unknown = html`<span class="quiet">unknown</span>`;
export const none = html`<span class="quiet">–</span>`;

export function options(names: readonly (readonly [string, string])[], selected: string): Html[] {
  return names.map(
    ([value, name]) => html`<option value="${value}" ${value === selected ? raw('selected') : ''}>${name}</option>`,
  );
}
