import { html } from 'hono/html';
import type { Html } from './frame.ts';

const amount = /^(-?)(\d+)\.(\d\d)(\d*)$/;

/** Dollars with all their decimals; those beyond cents are smaller. */
export function money(text: string): Html {
  return render(text, 0);
}

/** The same for a column: every row is as wide as the longest, so that the decimal points are aligned. */
export function moneyColumn(texts: readonly string[]): (text: string) => Html {
  const longest = Math.max(0, ...texts.map((text) => amount.exec(text)?.[4]?.length ?? 0));
  return (text) => render(text, longest);
}

function render(text: string, room: number): Html {
  const [, minus = '', whole = '0', cents = '00', fine = ''] = amount.exec(text) ?? [];
  const dollars = `${minus === '' ? '' : '−'}$${grouped(whole)}.${cents}`;
  if (fine === '' && room === 0) return html`${dollars}`;
  return html`${dollars}<span class="fine" style="min-width:${String(room)}ch">${fine}</span>`;
}

/** 1234567 as 1,234,567. */
export function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
