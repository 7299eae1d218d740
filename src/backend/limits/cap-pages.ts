import { html, raw } from 'hono/html';
import type { SpendCapView } from '#shared/account/spend-cap.ts';
import { atLeastZero, parseUsd, usdText } from '#shared/money.ts';
import { readCapView, setCap } from './account-cap.ts';
import { dollarAttributes, formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';
import { cards, none, time, usedMeter } from '../http/pages/parts.ts';
import { customerForm, customerPage, needing } from '../portal/portal-page.ts';
import type { LimitRouteDeps } from './limit-route-deps.ts';

const path = '/dashboard/cap';

const cap = customerPage<LimitRouteDeps>(
  path,
  async ({ services: { db, clock }, caller: { accountId, role }, refused }) => {
    const view = await readCapView(db, accountId, clock.nowMs());
    const { monthly, spent, held, resetsAt } = view;
    const body = html`<h1>Monthly cap</h1>
      <p class="lead">
        A hard limit on what this account’s requests may cost in a calendar month, by UTC. Money held by running
        requests counts as spent.
      </p>
      ${cards([
        {
          name: 'Cap',
          value: monthly === null ? html`<span class="quiet">none</span>` : money(monthly),
          detail: monthly === null ? 'only the balance limits spending' : capMeter(view),
        },
        { name: 'Spent this month', value: money(spent), detail: html`${money(held)} held` },
        {
          name: 'Left',
          value: monthly === null ? none : money(leftOf(view, monthly)),
          detail: html`resets ${time(resetsAt)} UTC`,
        },
      ])}
      ${role === 'owner' ? capForms(monthly, refused) : html`<p>An owner of this account sets it.</p>`}`;
    return { title: 'Monthly cap', body };
  },
);

function capForms(monthly: string | null, refused: RefusedForm | null): Html {
  return html`<h2>${monthly === null ? 'Set a cap' : 'Change the cap'}</h2>
    <div class="forms">
      ${formPart({
        action: path,
        refused,
        content: (fields) =>
          html`<h3>${monthly === null ? 'A limit for every month' : 'Raise or lower it'}</h3>
            <p>Changes apply immediately.</p>
            ${fields.input(
              { name: 'monthly', label: 'US dollars per month', value: monthly },
              { ...dollarAttributes, required: '', placeholder: '20.00' },
            )}
            <button>${monthly === null ? 'Set the cap' : 'Save'}</button>`,
      })}
      ${monthly === null ? '' : removal(refused)}
    </div>`;
}

function removal(refused: RefusedForm | null): Html {
  return formPart({
    action: `${path}/remove`,
    refused,
    content: () =>
      html`<h3>Remove it</h3>
        <p>Then only the balance limits what requests may cost.</p>
        <button class="second">Remove the cap</button>`,
  });
}

/** The used part of the cap, as a bar and in words. */
export function capMeter(view: SpendCapView): Html | string {
  const { monthly } = view;
  if (monthly === null) return html`no monthly cap · <a href="${path}">set one</a>`;
  const limit = parseUsd(monthly) ?? 0n;
  const used = (parseUsd(view.spent) ?? 0n) + (parseUsd(view.held) ?? 0n);
  const percent = limit === 0n ? 100 : Math.min(100, Number((used * 1000n) / limit) / 10);
  return html`${usedMeter(percent, 'Used of the monthly cap')} of
  ${money(monthly)}${percent >= 100 ? raw(' · <span class="bad">reached</span>') : ''}`;
}

function leftOf({ spent, held }: SpendCapView, monthly: string): string {
  const left = (parseUsd(monthly) ?? 0n) - (parseUsd(spent) ?? 0n) - (parseUsd(held) ?? 0n);
  return usdText(atLeastZero(left));
}

const set = customerForm<LimitRouteDeps>(
  path,
  cap,
  needing('owner', async ({ services, caller: { accountId }, form }) => {
    await setCap(services, accountId, (form['monthly'] ?? '').trim());
    return path;
  }),
);

const remove = customerForm<LimitRouteDeps>(
  `${path}/remove`,
  cap,
  needing('owner', async ({ services, caller: { accountId } }) => {
    await setCap(services, accountId, null);
    return path;
  }),
);

export const capPages = [cap, set, remove] as const;
