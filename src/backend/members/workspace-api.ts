import { workspaceChangeSchema, workspaceSchema } from '#shared/account/workspace.ts';
import type { KnownCaller } from '../auth/roles.ts';
import { readWorkspaceName, writeWorkspaceName } from '../auth/member-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';

const path = '/v1/account/workspace';

export const getAccountWorkspace = keyEndpoint({
  method: 'get',
  path,
  summary: 'The name of this account, and the role of the key that asks.',
  reply: workspaceSchema,
}).handle<MemberRouteDeps>(async ({ services, caller }) =>
  viewOf(caller, await readWorkspaceName(services.db, caller.accountId)),
);

export const patchAccountWorkspace = keyEndpoint({
  method: 'patch',
  path,
  summary: 'Sets or removes the name of this account.',
  needs: 'owner',
  body: workspaceChangeSchema,
  reply: workspaceSchema,
}).handle<MemberRouteDeps>(async ({ services, caller, body: { name } }) => {
  await writeWorkspaceName(services.db, caller.accountId, name);
  return viewOf(caller, name);
});

function viewOf({ accountId, role, memberId }: KnownCaller, name: string | null) {
  return { object: 'workspace' as const, id: accountId, name, role, memberId };
}
