import {
  deletedMemberSchema,
  invitedMemberSchema,
  memberChangeSchema,
  memberInputSchema,
  memberListSchema,
  memberSchema,
} from '#shared/account/workspace.ts';
import { changeRole, inviteMember, memberViews, removeMember } from './change-members.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';
import { pathId } from '../http/read-input.ts';

const path = '/v1/account/members';

export const listAccountMembers = keyEndpoint({
  method: 'get',
  path,
  summary: 'Present and former members of this account, in the order of their invitations.',
  needs: 'admin',
  reply: memberListSchema,
}).handle<MemberRouteDeps>(async ({ services, caller }) => ({
  object: 'list',
  data: await memberViews(services.db, caller.accountId),
}));

export const postAccountMember = keyEndpoint({
  method: 'post',
  path,
  summary: 'Invites a member. The link, which gives one key once within seven days, is in this reply and nowhere else.',
  needs: 'admin',
  body: memberInputSchema,
  reply: invitedMemberSchema,
  status: 201,
  errors: ['conflict', 'key_is_limited', 'rate_limit_exceeded'],
}).handle<MemberRouteDeps>(({ services, caller, body }) => inviteMember(services, caller, body));

export const patchAccountMember = keyEndpoint({
  method: 'patch',
  path: `${path}/:id`,
  summary: 'Gives a member another role, from the next request on.',
  needs: 'owner',
  body: memberChangeSchema,
  reply: memberSchema,
  errors: ['not_found', 'conflict'],
}).handle<MemberRouteDeps>(({ context, services, caller, body: { role } }) =>
  changeRole(services, caller, pathId(context), role),
);

export const deleteAccountMember = keyEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  summary: 'Removes a member and revokes all their keys at once.',
  needs: 'admin',
  reply: deletedMemberSchema,
  errors: ['not_found', 'conflict'],
}).handle<MemberRouteDeps>(async ({ context, services, caller }) => {
  const id = pathId(context);
  await removeMember(services, caller, id);
  return { object: 'member', id, deleted: true };
});
