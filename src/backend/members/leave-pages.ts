import { html } from 'hono/html';
import { CorvusError } from '#shared/errors.ts';
import { removeMember } from './change-members.ts';
import { formPart } from '../http/pages/form.ts';
import type { KnownCaller } from '../auth/roles.ts';
import { customerForm, customerPage, leavePath, portalSide } from '../portal/portal-page.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';

const askLeave = customerPage<MemberRouteDeps>(leavePath, ({ caller, refused }) => {
  ownMembership(caller);
  const body = html`<h1>Leave this account?</h1>
    ${formPart({
      action: leavePath,
      look: 'card wide',
      refused,
      content: () =>
        html`<p>
            All your keys here are revoked at once, and you are logged out. This cannot be undone, but you can be
            invited again.
          </p>
          <div class="row"><button class="grave">Leave</button><a href="/dashboard">Stay</a></div>`,
    })}`;
  return { title: 'Leave', body };
});

const leave = customerForm<MemberRouteDeps>(leavePath, askLeave, async ({ services, caller }) => {
  await removeMember(services, caller, ownMembership(caller));
  return portalSide.loginPath;
});

function ownMembership({ memberId }: KnownCaller): string {
  if (memberId !== null) return memberId;
  throw new CorvusError(
    'conflict',
    'The account was opened with this key, so it cannot leave. It can be revoked once another owner has a key.',
  );
}

export const leavePages = [askLeave, leave] as const;
