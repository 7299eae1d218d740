import { html } from 'hono/html';
import { z } from 'zod';
import {
  type Member,
  memberChangeSchema,
  memberInputSchema,
  type Role,
  workspaceChangeSchema,
} from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import { changeRole, inviteMember, memberViews, newMemberId, removeMember } from './change-members.ts';
import { canManage, type KnownCaller } from '../auth/roles.ts';
import { readWorkspaceName, writeWorkspaceName } from '../auth/member-store.ts';
import { formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { type Column, none, table, time } from '../http/pages/parts.ts';
import { newIdOf, optionalText, parseInput, pathId } from '../http/read-input.ts';
import { customerForm, customerPage, leavePath, needing, portalSide } from '../portal/portal-page.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';

const path = '/dashboard/members';
const roleNames: readonly (readonly [Role, string])[] = [
  ['member', 'Member'],
  ['admin', 'Admin'],
  ['owner', 'Owner'],
];

const nameFormSchema = z.object({ name: optionalText }).pipe(workspaceChangeSchema);

const members = customerPage<MemberRouteDeps>(
  path,
  needing('admin', async ({ services, caller, refused }) => {
    const { db } = services;
    const all = await memberViews(db, caller.accountId);
    const present = all.filter(({ removedAt }) => removedAt === null);
    const removed = all.filter(({ removedAt }) => removedAt !== null);
    const name = await readWorkspaceName(db, caller.accountId);
    const body = html`<h1>${name ?? 'Members'}</h1>
      <p class="lead">All members share one balance, and each has their own keys.</p>
      ${table({
        name: 'Members',
        rows: present,
        columns: presentColumns(caller),
        empty: 'Only you so far. Invite the first member below.',
      })}
      <div class="forms">
        ${inviteForm(caller.role, newMemberId(services), refused)}
        ${caller.role === 'owner' ? nameForm(name, refused) : ''}
      </div>
      <h2>What each role may do</h2>
      ${table({ name: 'Roles', rows: rights, columns: rightColumns, empty: '' })}
      ${
        removed.length === 0
          ? ''
          : html`<h2>Removed</h2>
              ${table({ name: 'Removed members', rows: removed, columns: removedColumns, empty: '' })}`
      }`;
    return { title: 'Members', body };
  }),
);

const common: Column<Member>[] = [
  { name: 'Name', look: 'model', cell: ({ name }) => name },
  { name: 'Role', cell: ({ role }) => role },
];

const removedColumns: Column<Member>[] = [
  ...common,
  { name: 'Removed, UTC', look: 'time', cell: ({ removedAt }) => time(removedAt) },
];

function presentColumns({ role: own, memberId }: KnownCaller): Column<Member>[] {
  return [
    ...common,
    { name: 'Invited, UTC', look: 'time', cell: ({ createdAt }) => time(createdAt) },
    {
      name: 'Keys in use',
      look: 'spare',
      cell: ({ liveKeys }) => (liveKeys === 0 ? html`<span class="quiet">none yet</span>` : String(liveKeys)),
    },
    {
      name: 'Change',
      look: 'whole',
      cell: ({ id, name, role }) => {
        if (id === memberId) return html`<span class="good">you</span> · <a href="${leavePath}">Leave</a>`;
        if (!canManage(own, role)) return none;
        return html`${own === 'owner' ? html`<a href="${path}/${id}/role" aria-label="Change the role of ${name}">Role</a> · ` : ''}<a
            href="${path}/${id}/remove"
            aria-label="Remove ${name}"
            >Remove</a
          >`;
      },
    },
  ];
}

interface Right {
  what: string;
  roles: readonly Role[];
}

const rights: readonly Right[] = [
  {
    what: 'Make requests, see the balance, their own requests and keys, and top up',
    roles: ['member', 'admin', 'owner'],
  },
  { what: 'Leave, if an owner remains', roles: ['member', 'admin', 'owner'] },
  { what: 'See all members’ requests, usage, orders and invoices', roles: ['admin', 'owner'] },
  { what: 'Make, change and revoke keys, and invite and remove members, except owners', roles: ['admin', 'owner'] },
  { what: 'Set the cap, automatic top-ups, the card, the billing profile, this name, and roles', roles: ['owner'] },
];

const rightColumns: Column<Right>[] = [
  { name: 'Permissions', cell: ({ what }) => what },
  ...roleNames.map(([role, name]): Column<Right> => ({
    name,
    cell: ({ roles }) => (roles.includes(role) ? 'yes' : none),
  })),
];

function inviteForm(own: Role, id: string, refused: RefusedForm | null): Html {
  const roles = own === 'owner' ? roleNames : roleNames.filter(([role]) => role === 'member');
  return formPart({
    action: path,
    refused,
    content: (fields) =>
      html`<h2>Invite a member</h2>
        <p>You get a link to pass on. It gives one key, once, within seven days.</p>
        ${fields.newId('id', id)} ${fields.input({ name: 'name', label: 'Name' }, { required: '', maxlength: 80 })}
        ${fields.select({ name: 'role', label: 'Role', value: 'member' }, roles)}
        <button>Create invite link</button>`,
  });
}

function nameForm(name: string | null, refused: RefusedForm | null): Html {
  return formPart({
    action: `${path}/name`,
    refused,
    content: (fields) =>
      html`<h2>Name of this account</h2>
        <p>All members see it here. Leave it empty to remove the name.</p>
        ${fields.input({ name: 'name', label: 'Name', value: name }, { maxlength: 80 })}
        <button class="second">Save</button>`,
  });
}

const inviteFormSchema = memberInputSchema.extend({ id: newIdOf('mem') });

const invite = customerForm<MemberRouteDeps>(path, members, async ({ services, caller, form }) => {
  const { name, claimUrl, claimExpiresAt } = await inviteMember(services, caller, parseInput(inviteFormSchema, form));
  const body = html`<h1>${name} is invited</h1>
    <p class="note" role="status">
      This is the only time the link is shown. Pass it on now; it works once, until ${time(claimExpiresAt)} UTC.
    </p>
    <p class="secret" id="claim-link">${claimUrl}</p>
    <p><a href="${path}">Back to members</a></p>`;
  return { title: 'Invited', body };
});

const rename = customerForm<MemberRouteDeps>(
  `${path}/name`,
  members,
  needing('owner', async ({ services, caller, form }) => {
    await writeWorkspaceName(services.db, caller.accountId, parseInput(nameFormSchema, form).name);
    return path;
  }),
);

const askRole = customerPage<MemberRouteDeps>(
  `${path}/:id/role`,
  needing('owner', async ({ context, services, caller, refused }) => {
    const { id, name, role } = await memberToChange(services.db, caller, pathId(context));
    const body = html`<h1>Role of ${name}</h1>
      ${formPart({
        action: `${path}/${id}/role`,
        look: 'card wide',
        refused,
        content: (fields) =>
          html`${fields.select({ name: 'role', label: 'Role', value: role }, roleNames)}
            <p>It counts from the next request on, for every key of theirs.</p>
            <div class="row"><button>Save</button><a href="${path}">Keep it as it is</a></div>`,
      })}`;
    return { title: `Role of ${name}`, body };
  }),
);

const askRemove = customerPage<MemberRouteDeps>(
  `${path}/:id/remove`,
  needing('admin', async ({ context, services, caller, refused }) => {
    const { id, name, liveKeys } = await memberToChange(services.db, caller, pathId(context));
    const keys =
      ['The link they were sent stops working.', 'Their key is revoked at once.'][liveKeys] ??
      `Their ${liveKeys} keys are revoked at once.`;
    const body = html`<h1>Remove ${name}?</h1>
      ${formPart({
        action: `${path}/${id}/remove`,
        look: 'card wide',
        refused,
        content: () =>
          html`<p>${keys} Their requests stay in the lists. This cannot be undone, but they can be invited again.</p>
            <div class="row"><button class="grave">Remove</button><a href="${path}">Keep them</a></div>`,
      })}`;
    return { title: `Remove ${name}`, body };
  }),
);

async function memberToChange(
  db: Parameters<typeof memberViews>[0],
  { accountId }: KnownCaller,
  memberId: string,
): Promise<Member> {
  const member = (await memberViews(db, accountId)).find(({ id, removedAt }) => id === memberId && removedAt === null);
  if (!member) throw new CorvusError('not_found', 'This account has no such member.');
  return member;
}

const setRole = customerForm<MemberRouteDeps>(
  `${path}/:id/role`,
  askRole,
  async ({ context, services, caller, form }) => {
    await changeRole(services, caller, pathId(context), parseInput(memberChangeSchema, form).role);
    return path;
  },
);

const remove = customerForm<MemberRouteDeps>(`${path}/:id/remove`, askRemove, async ({ context, services, caller }) => {
  const memberId = pathId(context);
  await removeMember(services, caller, memberId);
  return memberId === caller.memberId ? portalSide.loginPath : path;
});

export const memberPages = [members, invite, rename, askRole, setRole, askRemove, remove] as const;
