import { invitedMemberSchema, type Role } from '#shared/account/workspace.ts';
import type { TestBackend } from './start-test-backend.ts';

/** Presses the button of a claim link's page. @returns the page's status and the key on it, if it shows one */
export async function pressClaim(claimUrl: string): Promise<{ status: number; key: string | null }> {
  const reply = await fetch(claimUrl, { method: 'POST' });
  return {
    status: reply.status,
    key: /id="customer-key">(sk-corvus-[\w-]{43})</.exec(await reply.text())?.[1] ?? null,
  };
}

export async function invite(service: TestBackend, name: string, role: Role) {
  return invitedMemberSchema.parse(await (await service.call('/v1/account/members', { body: { name, role } })).json());
}

/** A member who was invited and has a key. */
export async function join(service: TestBackend, name: string, role: Role): Promise<{ id: string; key: string }> {
  const { id, claimUrl } = await invite(service, name, role);
  const { key } = await pressClaim(claimUrl);
  if (key === null) throw new Error('the claim page shows no key');
  return { id, key };
}
