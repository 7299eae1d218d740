import { html, raw } from 'hono/html';
import type { AutoTopup } from '#shared/account/auto-topup.ts';
import { pausedWords } from '#shared/account/auto-topup-words.ts';
import { dollarAttributes, type Fields, formPart, type RefusedForm } from '../../http/pages/form.ts';
import type { Html } from '../../http/pages/frame.ts';
import { money } from '../../http/pages/money.ts';
import { time } from '../../http/pages/parts.ts';

/** Whether automatic top-ups are on, for the overview. */
export function autoTopupStatus(autoTopup: AutoTopup | null): Html | string {
  if (!autoTopup) return 'not offered here';
  if (autoTopup.status === 'off') return 'off';
  if (autoTopup.status === 'paused') return html`<a class="bad" href="/dashboard/topups#auto">paused</a>`;
  return html`on, below ${money(autoTopup.threshold)}`;
}

export const autoTopupPath = '/dashboard/topups/auto';

/** The automatic top-up form; null where the service offers none. */
export function autoTopupPart(autoTopup: AutoTopup | null, refused: RefusedForm | null): Html {
  if (!autoTopup)
    return html`<p class="empty">
      Automatic top-ups need a payment provider, and this service has none. Top up by hand.
    </p>`;
  return html`${autoTopup.status === 'paused' ? paused(autoTopup) : ''}
    <div class="two">${settings(autoTopup, refused)}${method(autoTopup, refused)}</div>`;
}

function paused({ pausedReason, pausedAt }: AutoTopup): Html {
  return html`<div class="alarm" role="status">
    <div>
      <h2>Paused</h2>
      <p>${pausedWords(pausedReason)} Since ${time(pausedAt)} UTC.</p>
    </div>
  </div>`;
}

function settings(autoTopup: AutoTopup, refused: RefusedForm | null): Html {
  const { status, threshold, amount, monthlyCap, chargedThisMonth, isCapReached, hasPaymentMethod } = autoTopup;
  const isOn = (fields: Fields): boolean => hasPaymentMethod && fields.isTicked('enabled', status !== 'off');
  const dollars = (fields: Fields, label: string, name: string, value: string): Html =>
    fields.input({ name, label: `${label}, USD`, value }, { ...dollarAttributes, required: '' });
  return formPart({
    action: autoTopupPath,
    refused,
    content: (fields) =>
      html`<h3>Settings</h3>
        <p>When a request leaves the balance below the threshold, the amount is charged once.</p>
        <label class="tick"
          ><input
            type="checkbox"
            name="enabled"
            ${isOn(fields) ? raw('checked') : ''}
            ${hasPaymentMethod ? '' : raw('disabled')}
          />
          Top up automatically</label
        >
        <div class="grid3">
          ${dollars(fields, 'Below', 'threshold', threshold)} ${dollars(fields, 'Charge', 'amount', amount)}
          ${dollars(fields, 'At most per month', 'monthlyCap', monthlyCap)}
        </div>
        <p>
          Charged this month:
          ${money(chargedThisMonth)}.${isCapReached ? html` <span class="bad">Another charge would go beyond the limit.</span>` : ''}
        </p>
        <button>${status === 'paused' ? 'Save and go on' : 'Save'}</button>`,
  });
}

function method({ hasPaymentMethod }: AutoTopup, refused: RefusedForm | null): Html {
  return formPart({
    action: `${autoTopupPath}/setup`,
    refused,
    content: () =>
      html`<h3>Payment method</h3>
        <p>
          ${
            hasPaymentMethod
              ? 'One is saved at the payment provider. Saving another replaces it.'
              : 'None is saved yet, and automatic top-ups need one. It is kept by the payment provider, not here.'
          }
        </p>
        <button class="${hasPaymentMethod ? 'second' : ''}">
          ${hasPaymentMethod ? 'Replace it' : 'Save a payment method'}
        </button>`,
  });
}
