import { html } from 'hono/html';
import { type Fields, formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';

interface ActionForm {
  title: string;
  text: string;
  action: string;
  button: string;
  /** It takes something away for good. */
  isGrave?: boolean;
  refused: RefusedForm | null;
  fields?: (fields: Fields) => Html | string;
}

/** One change with its mandatory reason. */
export function actionForm({
  title,
  text,
  action,
  button,
  isGrave = false,
  refused,
  fields = () => '',
}: ActionForm): Html {
  return formPart({
    action,
    refused,
    content: (own) =>
      html`<h3>${title}</h3>
        <p>${text}</p>
        ${fields(own)}
        ${own.input({ name: 'reason', label: 'Reason, for the audit log' }, { required: '', minlength: 3, maxlength: 500 })}
        <button class="${isGrave ? 'grave' : ''}">${button}</button>`,
  });
}

export function customerLink(accountId: string): Html {
  return html`<a href="/admin/customers/${accountId}">${accountId}</a>`;
}

export function orderLink(orderId: string): Html {
  return html`<a href="/admin/orders/${orderId}">${orderId}</a>`;
}

export function ledgerLink(text: string): Html {
  return html`<a href="/admin/ledger?q=${encodeURIComponent(text)}">${text}</a>`;
}

export function requestLink(requestId: string): Html {
  return html`<a href="/admin/requests/${requestId}">${requestId}</a>`;
}

/** The link to older rows, where a page is full. */
export function olderLink(
  path: string,
  text: string,
  rows: readonly { sequence: string }[],
  limit: number,
): Html | string {
  const last = rows.at(-1);
  if (!last || rows.length < limit) return '';
  return html`<p><a href="${path}?q=${encodeURIComponent(text)}&before=${last.sequence}">Older</a></p>`;
}
