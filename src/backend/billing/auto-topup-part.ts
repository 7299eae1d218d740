import { html, raw } from 'hono/html';
import type { AutoTopup } from '#shared/account/auto-topup.ts';
import { pausedWords } from '#shared/account/auto-topup-words.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';
import { time } from '../http/pages/parts.ts';

export function autoTopupWords(autoTopup: AutoTopup | null): Html | string {
  if (!autoTopup) return 'not offered here';
  if (autoTopup.status === 'off') return 'off';
  if (autoTopup.status === 'paused') return html`<a class="bad" href="/dashboard/topups#auto">paused</a>`;
  return html`on, below ${money(autoTopup.threshold)}`;
}

/** The automatic top-up form; null where the service offers none. */
export function autoTopupPart(autoTopup: AutoTopup | null): Html {
  if (!autoTopup)
    return html`<p class="empty">
      Automatic top-ups need a payment provider, and this service has none. Top up by hand.
    </p>`;
  return html`${autoTopup.status === 'paused' ? paused(autoTopup) : ''}
    <div class="two">${settings(autoTopup)}${method(autoTopup)}</div>`;
}

function paused({ pausedReason, pausedAt }: AutoTopup): Html {
  return html`<div class="alarm" role="status">
    <div>
      <h2>Paused</h2>
      <p>${pausedWords(pausedReason)} Since ${time(pausedAt)} UTC.</p>
    </div>
  </div>`;
}

function settings({
  status,
  threshold,
  amount,
  monthlyCap,
  chargedThisMonth,
  isCapReached,
  hasPaymentMethod,
}: AutoTopup): Html {
  const button = status === 'paused' ? 'Save and go on' : 'Save';
  return html`<form class="card" method="post" action="/dashboard/auto-topup">
    <h3>Settings</h3>
    <p>When a request leaves the balance below the threshold, the amount is charged once.</p>
    <label class="tick"
      ><input
        type="checkbox"
        name="enabled"
        ${status !== 'off' && hasPaymentMethod ? raw('checked') : ''}
        ${hasPaymentMethod ? '' : raw('disabled')}
      />
      Top up automatically</label
    >
    <div class="grid3">
      ${dollars('Below', 'threshold', threshold)} ${dollars('Charge', 'amount', amount)}
      ${dollars('At most per month', 'monthlyCap', monthlyCap)}
    </div>
    <p>
      Charged this month:
      ${money(chargedThisMonth)}.${isCapReached ? html` <span class="bad">Another charge would go beyond the limit.</span>` : ''}
    </p>
    <button>${button}</button>
  </form>`;
}

function dollars(name: string, field: string, value: string): Html {
  return html`<label
    >${name}, USD<input
      name="${field}"
      value="${value}"
      required
      inputmode="decimal"
      pattern="\\d{1,6}(\\.\\d{1,2})?"
      autocomplete="off"
  /></label>`;
}

function method({ hasPaymentMethod }: AutoTopup): Html {
  return html`<form class="card" method="post" action="/dashboard/auto-topup/setup">
    <h3>Payment method</h3>
    <p>
      ${
        hasPaymentMethod
          ? 'One is saved at the payment provider. Saving another replaces it.'
          : 'None is saved yet, and automatic top-ups need one. It is kept by the payment provider, not here.'
      }
    </p>
    <button class="${hasPaymentMethod ? 'second' : ''}">
      ${hasPaymentMethod ? 'Replace it' : 'Save a payment method'}
    </button>
  </form>`;
}
