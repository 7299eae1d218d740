import { html } from 'hono/html';
import type { Db } from '../../database/open-database.ts';
import type { RefusedForm } from '../../http/pages/form.ts';
import type { Html } from '../../http/pages/frame.ts';
import { table, time } from '../../http/pages/parts.ts';
import { actionForm } from '../../operator/operator-parts.ts';
import { reportUnprocessed } from './unprocessed-payments.ts';

const mostShown = 20;

/** What the payment provider lists and could not be processed, with what an operator can do; empty where nothing is. */
export async function unprocessedPart(db: Db, refused: RefusedForm | null): Promise<Html | string> {
  const rows = await reportUnprocessed(db, mostShown);
  if (rows.length === 0) return '';
  const text =
    'Look it up at the payment provider. If a balance is missing something, correct it first: settle the order, or give credit.';
  return html`<h2>Not processed</h2>
    <p class="note">
      The payment provider lists these, and they could not be read or applied. Each is tried again every 15 minutes.
    </p>
    ${table({
      name: 'Not processed',
      rows,
      columns: [
        { name: 'Object', look: 'id', cell: ({ id }) => id },
        { name: 'Kind', cell: ({ kind }) => kind },
        { name: 'First seen', look: 'time', cell: ({ firstSeen }) => time(firstSeen) },
        { name: 'Last tried', look: 'time', cell: ({ lastTried }) => time(lastTried) },
        { name: 'Error', cell: ({ error }) => error },
      ],
      empty: '',
    })}
    <div class="forms">
      ${rows.map(({ id }) =>
        actionForm({
          title: `Dismiss ${id}`,
          text,
          action: `/admin/orders/unprocessed/${id}/dismiss`,
          button: 'Dismiss',
          refused,
        }),
      )}
    </div>`;
}
