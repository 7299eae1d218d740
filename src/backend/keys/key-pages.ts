import { html, raw } from 'hono/html';
import { CorvusError } from '#shared/errors.ts';
import { isoTime } from '#shared/time.ts';
import { addKey, dropKey, newKeyId, rotateKey } from './change-keys.ts';
import { isExpired, limitsOf } from '../auth/key-views.ts';
import { requireManager, canManage, type KnownCaller, scopeOf } from '../auth/roles.ts';
import type { Db } from '../database/open-database.ts';
import { type KeyRow, listKeys, readKey } from '../auth/key-store.ts';
import { formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { type Column, none, table, time } from '../http/pages/parts.ts';
import type { View } from '../http/pages/pages-for.ts';
import { parseInput, pathId } from '../http/read-input.ts';
import { limitFields, limitWords } from './key-limit-parts.ts';
import { customerForm, customerPage, leavePath, needing, portalSide } from '../portal/portal-page.ts';
import { keyFormSchema } from './key-input.ts';
import type { KeyRouteDeps } from './key-route-deps.ts';

const path = '/dashboard/keys';

const keys = customerPage<KeyRouteDeps>(path, async ({ services, caller, refused }) => {
  const rows = await listKeys(services.db, scopeOf(caller));
  const nowMs = services.clock.nowMs();
  const kept = rows.filter((row) => row.revoked_at_ms === null);
  const live = kept.filter((row) => !isExpired(limitsOf(row), nowMs));
  const expired = kept.filter((row) => isExpired(limitsOf(row), nowMs));
  const revoked = rows.filter((row) => row.revoked_at_ms !== null);
  const body = html`<h1>Keys</h1>
    <p class="lead">Every key of this account draws on the same balance. A key is shown once, when it is made.</p>
    ${table({ name: 'Keys in use', rows: live, columns: liveColumns(caller, live.length > 1), empty: 'There is no key.' })}
    ${caller.role === 'member' ? html`<p>An owner or an admin of this account makes and changes keys. You can <a href="${leavePath}">leave it</a>.</p>` : newKeyForm(refused, newKeyId({ random: services.random, nowMs }))}
    ${endedPart('Expired', expired, [...common, changeColumn(caller, true)])}
    ${endedPart('Revoked', revoked, revokedColumns)}`;
  return { title: 'Keys', body };
});

function endedPart(title: 'Expired' | 'Revoked', rows: KeyRow[], columns: Column<KeyRow>[]): Html | string {
  return rows.length === 0
    ? ''
    : html`<h2>${title}</h2>
        ${table({ name: `${title} keys`, rows, columns, empty: '' })}`;
}

function newKeyForm(refused: RefusedForm | null, id: string): Html {
  const form = formPart({
    action: path,
    look: 'card wide',
    refused,
    content: (fields) =>
      html`<p>One key per tool or machine: it can be revoked without touching the others.</p>
        ${fields.newId('id', id)}
        ${fields.input({ name: 'label', label: 'Label, such as “laptop”' }, { required: '', maxlength: 80 })}
        <label class="tick"
          ><input
            type="checkbox"
            name="scope"
            value="inference"
            ${fields.isTicked('scope', false) ? raw('checked') : ''}
          />
          API access only (can't sign in or manage the account)</label
        >
        <details ${fields.isRefused ? raw('open') : ''}>
          <summary>Limits of this key</summary>
          ${limitFields(fields, null)}
        </details>
        <button>Create key</button>`,
  });
  return html`<h2>New key</h2>
    ${form}`;
}

const common: Column<KeyRow>[] = [
  { name: 'Label', look: 'model', cell: ({ id, label }) => html`<a href="${path}/${id}">${label}</a>` },
  { name: 'Key', look: 'whole', cell: ({ hint }) => html`<span class="id">${hint}</span>` },
  { name: 'Permissions', cell: ({ scope }) => (scope === 'manage' ? 'Full access' : 'API access only') },
  { name: 'Limits', look: 'model', cell: (row) => limitWords(limitsOf(row)) },
  { name: 'Created, UTC', look: 'time', cell: (row) => time(isoTime(row.created_at_ms)) },
];

const revokedColumns: Column<KeyRow>[] = [
  ...common,
  {
    name: 'Revoked, UTC',
    look: 'time',
    cell: (row) => (row.revoked_at_ms === null ? none : time(isoTime(row.revoked_at_ms))),
  },
];

function liveColumns(caller: KnownCaller, mayRevoke: boolean): Column<KeyRow>[] {
  const isCurrent = ({ id }: KeyRow): boolean => id === caller.customerKeyId;
  return [
    ...common,
    { name: 'Session', cell: (row) => (isCurrent(row) ? html`<span class="good">Current session</span>` : none) },
    changeColumn(caller, mayRevoke),
  ];
}

function changeColumn({ role }: KnownCaller, mayRevoke: boolean): Column<KeyRow> {
  return {
    name: 'Change',
    look: 'whole',
    cell: ({ id, label, role: keyRole }) => {
      if (!canManage(role, keyRole)) return none;
      return html`<a href="${path}/${id}/rotate" aria-label="Rotate ${label}">Rotate</a>${
          mayRevoke ? html` · <a href="${path}/${id}/revoke" aria-label="Revoke ${label}">Revoke</a>` : ''
        }`;
    },
  };
}

function shownOnce(title: string, key: string): View {
  const body = html`<h1>${title}</h1>
    <p class="note" role="status">This is the only time the key is shown. Copy it now; it is not stored here.</p>
    <p class="secret" id="customer-key">${key}</p>
    <p><a href="${path}">Back to keys</a></p>`;
  return { title, body };
}

const create = customerForm<KeyRouteDeps>(
  path,
  keys,
  needing('admin', async ({ services: { db, random, clock }, caller, form }) => {
    const { key } = await addKey(db, { caller, random, nowMs: clock.nowMs() }, parseInput(keyFormSchema, form));
    return shownOnce('Key created', key);
  }),
);

/** Asks for confirmation before a key changes for good. */
function confirmation(
  verb: 'rotate' | 'revoke',
  words: (key: KeyRow, isCurrent: boolean) => { text: string; button: string },
) {
  return customerPage<KeyRouteDeps>(`${path}/:id/${verb}`, async ({ context, services, caller, refused }) => {
    const key = await keyToChange(services.db, caller, pathId(context));
    const { text, button } = words(key, key.id === caller.customerKeyId);
    const title = `${verb === 'rotate' ? 'Rotate' : 'Revoke'} “${key.label}”?`;
    const body = html`<h1>${title}</h1>
      <p class="lead">${key.hint}</p>
      ${formPart({
        action: `${path}/${key.id}/${verb}`,
        look: 'card wide',
        refused,
        content: () =>
          html`<p>${text}</p>
            <div class="row">
              <button class="${verb === 'revoke' ? 'grave' : ''}">${button}</button
              ><a href="${path}">Keep it as it is</a>
            </div>`,
      })}`;
    return { title, body };
  });
}

async function keyToChange(db: Db, caller: KnownCaller, keyId: string): Promise<KeyRow> {
  const key = await readKey(db, keyId);
  if (!key || key.account_id !== caller.accountId || key.revoked_at_ms !== null)
    throw new CorvusError('not_found', 'This account has no such key.');
  requireManager(caller, key.role);
  return key;
}

const askRotate = confirmation('rotate', (_, isCurrent) => ({
  text: `The key gets another secret, which is shown once. The old one is refused from then on, so every tool that has it needs the new one.${isCurrent ? ' You stay logged in.' : ''}`,
  button: 'Rotate key',
}));

const askRevoke = confirmation('revoke', (_, isCurrent) => ({
  text: `Requests with this key are refused from then on. This cannot be taken back.${isCurrent ? ' It is the key of this session: you will be logged out.' : ''}`,
  button: 'Revoke key',
}));

const rotate = customerForm<KeyRouteDeps>(`${path}/:id/rotate`, askRotate, async ({ context, services, caller }) => {
  const { db, random, clock, events, sessions } = services;
  const keyId = pathId(context);
  const { row, key, revokedHash } = await rotateKey(db, { caller, random, nowMs: clock.nowMs() }, keyId);
  events.emit('key.changed', { keyHash: revokedHash });
  const view = shownOnce('Key rotated', key);
  // The session was the old key's, and ended with it.
  return keyId === caller.customerKeyId ? { ...view, cookie: sessions.cookieOf(row) } : view;
});

const revoke = customerForm<KeyRouteDeps>(`${path}/:id/revoke`, askRevoke, async ({ context, services, caller }) => {
  const keyId = pathId(context);
  services.events.emit('key.changed', {
    keyHash: await dropKey(services.db, { caller, nowMs: services.clock.nowMs() }, keyId),
  });
  return keyId === caller.customerKeyId ? portalSide.loginPath : path;
});

export const keyPages = [keys, create, askRotate, rotate, askRevoke, revoke] as const;
