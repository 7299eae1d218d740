import { html } from 'hono/html';
import { parseUsd } from '#shared/money.ts';
import type { SpendReport, SpendRow } from './report-spend.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';

const step = 10;
const height = 100;
const thousandths = 1000n;

/** Spend per day as bars, with the same in words; the table on the usage page has every number. */
export function spendChart({ byDay, total, days }: SpendReport): Html {
  const dearest = byDay.reduce((best, day) => (nanoOf(day) > nanoOf(best) ? day : best), byDay[0] ?? total);
  if (nanoOf(dearest) === 0n) return html`<p class="empty">Nothing was spent in these ${String(days)} days.</p>`;
  const summary = `${days} days, $${total.cost} in all; the dearest day is ${dearest.name} with $${dearest.cost}.`;
  const bars = byDay.map((day, index) => {
    const share = Number((nanoOf(day) * thousandths) / nanoOf(dearest)) / (Number(thousandths) / height);
    const size = share === 0 ? 1 : Math.max(share, 2);
    const look = share === 0 ? 'rest' : '';
    return html`<rect
      class="${look}"
      x="${String(index * step + 1.5)}"
      y="${String(height - size)}"
      width="7"
      height="${String(size)}"
    >
      <title>${day.name}: $${day.cost}</title>
    </rect>`;
  });
  return html`<figure class="chart">
    <figcaption>
      <span>Total ${money(total.cost)}</span><span>Highest day ${dearest.name}, ${money(dearest.cost)}</span>
    </figcaption>
    <svg
      role="img"
      aria-label="${summary}"
      viewBox="0 0 ${String(byDay.length * step)} ${String(height)}"
      preserveAspectRatio="none"
    >
      ${bars}
    </svg>
    <div class="days" aria-hidden="true">
      <span>${byDay[0]?.name ?? ''}</span><span>${byDay.at(-1)?.name ?? ''}</span>
    </div>
  </figure>`;
}

/** Share of each model in the spend. */
export function shareBar(row: SpendRow, total: SpendRow): Html {
  const share = nanoOf(total) === 0n ? 0 : Number((nanoOf(row) * thousandths) / nanoOf(total)) / 10;
  return html`<span style="width:${share.toFixed(1)}%" title="${share.toFixed(1)} %"></span>`;
}

function nanoOf({ cost }: SpendRow): bigint {
  return parseUsd(cost) ?? 0n;
}
