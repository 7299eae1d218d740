import { html } from 'hono/html';
import type { KeyCap, KeyLimits } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import { changeKey } from './change-keys.ts';
import { isExpired, limitsOf } from '../auth/key-views.ts';
import { readKeyCaps } from './read-key-caps.ts';
import { canManage, type KnownCaller, scopeOf } from '../auth/roles.ts';
import type { Db } from '../database/open-database.ts';
import { type KeyRow, readKey } from '../auth/key-store.ts';
import { formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { readKeyMinute } from './key-limit-store.ts';
import { grouped, money } from '../http/pages/money.ts';
import { table, time, usedMeter } from '../http/pages/parts.ts';
import { parseInput, pathId } from '../http/read-input.ts';
import { limitFields, limitWords } from './key-limit-parts.ts';
import { customerForm, customerPage } from '../portal/portal-page.ts';
import { keyChangeFormSchema } from './key-input.ts';
import type { KeyRouteDeps } from './key-route-deps.ts';

const path = '/dashboard/keys';
const periodNames = { day: 'A day', week: 'A week', month: 'A month' } as const;

const key = customerPage<KeyRouteDeps>(`${path}/:id`, async ({ context, services: { db, clock }, caller, refused }) => {
  const row = await keyToSee(db, caller, pathId(context));
  const caps = await readKeyCaps(db, row, clock.nowMs());
  const isLive = row.revoked_at_ms === null;
  const body = html`<h1>${row.label}</h1>
    <p class="lead">
      <span class="id">${row.hint}</span> · made ${time(isoTime(row.created_at_ms))} UTC ·
      ${stateOf(row, clock.nowMs())}
    </p>
    <h2>Limits</h2>
    <p>${row.limits === null ? 'None: it may do all that the balance pays for.' : limitWords(limitsOf(row))}</p>
    ${modelPart(limitsOf(row))} ${minutePart(limitsOf(row), await readKeyMinute(db, row.id, clock.nowMs()))}
    ${caps.length === 0 ? '' : capTable(caps)}
    ${isLive && canManage(caller.role, row.role) ? changeForm(row, refused) : ''}`;
  return { title: row.label, body };
});

function stateOf(row: KeyRow, nowMs: number): Html {
  if (row.revoked_at_ms !== null) return html`<span class="bad">revoked</span>`;
  return isExpired(limitsOf(row), nowMs)
    ? html`<span class="bad">expired</span>`
    : html`<span class="good">in use</span>`;
}

function modelPart(limits: KeyLimits | null): Html | string {
  const models = limits?.models ?? null;
  return models === null
    ? ''
    : html`<p>
        Only these models: ${models.map((model, index) => html`${index === 0 ? '' : ', '}<code>${model}</code>`)}
      </p>`;
}

function minutePart(limits: KeyLimits | null, used: { requests: bigint; tokens: bigint }): Html | string {
  const { requestsPerMinute = null, tokensPerMinute = null } = limits ?? {};
  const words = [
    ...(requestsPerMinute === null
      ? []
      : [`${grouped(String(used.requests))} of ${grouped(String(requestsPerMinute))} requests`]),
    ...(tokensPerMinute === null
      ? []
      : [`${grouped(String(used.tokens))} of ${grouped(String(tokensPerMinute))} tokens`]),
  ];
  return words.length === 0 ? '' : html`<p>Used of this minute: ${words.join(', ')}.</p>`;
}

function capTable(caps: readonly KeyCap[]): Html {
  return table({
    name: 'Caps',
    rows: caps,
    columns: [
      { name: 'Cap', cell: ({ period }) => periodNames[period] },
      { name: 'Limit', look: 'number', cell: ({ limit }) => money(limit) },
      { name: 'Spent', look: 'number', cell: ({ spent }) => money(spent) },
      { name: 'Held', look: 'number', cell: ({ held }) => money(held) },
      { name: 'Used', look: 'bar-cell', cell: meterOf },
      { name: 'Resets, UTC', look: 'time', cell: ({ resetsAt }) => time(resetsAt) },
    ],
    empty: '',
  });
}

function meterOf({ period, limit, remaining }: KeyCap): Html {
  const [most, left] = [parseUsd(limit) ?? 0n, parseUsd(remaining) ?? 0n];
  const percent = most === 0n ? 100 : Number(((most - left) * 1000n) / most) / 10;
  return usedMeter(percent, `Used of the cap ${periodNames[period].toLowerCase()}`);
}

function changeForm(row: KeyRow, refused: RefusedForm | null): Html {
  const form = formPart({
    action: `${path}/${row.id}`,
    look: 'card wide',
    refused,
    content: (fields) =>
      html`${fields.input({ name: 'label', label: 'Label', value: row.label }, { required: '', maxlength: 80 })}
        ${limitFields(fields, limitsOf(row))}
        <div class="row"><button>Save</button><a href="${path}">Back to keys</a></div>`,
  });
  return html`<h2>Change</h2>
    ${form}`;
}

/** A member sees their own keys, all others the whole account's. */
async function keyToSee(db: Db, caller: KnownCaller, keyId: string): Promise<KeyRow> {
  const row = await readKey(db, keyId);
  const { accountId, memberId } = scopeOf(caller);
  if (!row || row.account_id !== accountId || (memberId !== null && row.member_id !== memberId))
    throw new CorvusError('not_found', 'This account has no such key.');
  return row;
}

const change = customerForm<KeyRouteDeps>(`${path}/:id`, key, async ({ context, services, caller, form }) => {
  const id = pathId(context);
  const row = await changeKey(
    services.db,
    { caller, nowMs: services.clock.nowMs() },
    id,
    parseInput(keyChangeFormSchema, form),
  );
  services.events.emit('key.changed', { keyHash: row.key_hash });
  services.events.emit('account.changed', { accountId: caller.accountId });
  return `${path}/${id}`;
});

export const keyLimitPages = [key, change] as const;
