import { afterAll, beforeAll, expect, test } from 'vitest';
import { memberListSchema } from '#shared/account/workspace.ts';
import { join } from '../../support/shared-account.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { logIn, postTo, type Viewer } from '../../support/open-dashboard.ts';

const path = '/dashboard/members';
let service: TestBackend;
let owner: Viewer;

beforeAll(async () => {
  service = await startTestBackend();
  owner = await logIn(service);
});
afterAll(() => service[Symbol.asyncDispose]());

const members = async () => memberListSchema.parse(await (await service.call('/v1/account/members')).json()).data;

test('an owner invites a member by a link that works once, changes the role, and removes them', async () => {
  expect(await owner.text(path)).toContain('Only you so far');
  const invited = await (await owner.post(path, { name: 'Mel', role: 'member' })).text();
  const link = /id="claim-link">([^<]+)</.exec(invited)?.[1] ?? '';
  const claimed = await postTo(service.baseUrl, new URL(link).pathname, {});
  expect(claimed.status).toBe(200);
  expect((await postTo(service.baseUrl, new URL(link).pathname, {})).status).toBe(410);
  const [mel] = await members();
  expect(mel).toMatchObject({ name: 'Mel', role: 'member', liveKeys: 1 });
  // Their first key has their name.
  expect(await owner.text('/dashboard/keys')).toContain('Mel ');
  expect(await owner.text(path)).toMatch(/Mel member .* 1 Role · Remove/);
  expect(await owner.text(`${path}/${mel?.id}/role`)).toContain('Role of Mel');
  expect((await owner.post(`${path}/${mel?.id}/role`, { role: 'admin' })).headers.get('location')).toBe(path);
  expect((await members())[0]).toMatchObject({ role: 'admin' });
  expect(await owner.text(`${path}/${mel?.id}/remove`)).toContain('Their key is revoked at once');
  await owner.post(`${path}/${mel?.id}/remove`);
  expect((await members())[0]).toMatchObject({ liveKeys: 0, removedAt: expect.any(String) });
  expect((await owner.get(`${path}/${mel?.id}/remove`)).status).toBe(404);
});

test('what a role may not open is not in its navigation, and what it may not do is refused in a sentence', async () => {
  const [member, admin] = [await join(service, 'Max', 'member'), await join(service, 'Ada', 'admin')];
  const [asMember, asAdmin] = [await logIn(service, member.key), await logIn(service, admin.key)];
  const placesOf = async (viewer: Viewer) => {
    const page = await (await viewer.get('/dashboard')).text();
    return [...(/<nav[^]*?<\/nav>/.exec(page)?.[0].matchAll(/href="\/dashboard\/(\w+)"/g) ?? [])].map(
      ([, place]) => place,
    );
  };
  expect(await placesOf(owner)).toEqual(['requests', 'usage', 'topups', 'invoices', 'keys', 'members', 'cap']);
  expect(await placesOf(asAdmin)).toEqual(await placesOf(owner));
  expect(await placesOf(asMember)).toEqual(['requests', 'usage', 'topups', 'keys', 'cap']);
  expect((await asMember.get(path)).status).toBe(403);
  expect((await asMember.post(path, { name: 'X', role: 'member' })).status).toBe(403);
  const refused = await asAdmin.post(path, { name: 'X', role: 'owner' });
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining('This needs the key of an owner'),
  ]);
  expect((await asAdmin.get(`${path}/${member.id}/role`)).status).toBe(403);
  expect((await asAdmin.post(`${path}/${member.id}/remove`)).status).toBe(303);
  expect((await asAdmin.post(`${path}/name`, { name: 'Mine' })).status).toBe(403);
  await owner.post(`${path}/name`, { name: 'Analytical Engines' });
  expect(await owner.text(path)).toContain('Analytical Engines');
});

test('all members may leave except the last owner, who sees why', async () => {
  const leave = `${path}/leave`;
  const [member, second] = [await join(service, 'Lea', 'member'), await join(service, 'Olga', 'owner')];
  const [asMember, asSecond] = [await logIn(service, member.key), await logIn(service, second.key)];
  expect(await asMember.text('/dashboard/keys')).toContain('leave it');
  expect(await asMember.text(leave)).toContain('Leave this account?');
  expect((await asMember.post(leave)).headers.get('location')).toBe('/dashboard/login');
  expect((await asMember.get('/dashboard')).headers.get('location')).toBe('/dashboard/login');
  expect((await service.call('/v1/account', { key: member.key })).status).toBe(401);
  expect((await members()).find(({ id }) => id === member.id)).toMatchObject({
    liveKeys: 0,
    removedAt: expect.any(String),
  });
  // The first key belongs to no member.
  expect((await owner.post(leave)).status).toBe(409);
  expect(await asSecond.text(path)).toContain('you · Leave');
  await service.call(`/v1/account/keys/${service.customerKeyId}`, { method: 'DELETE' });
  for (const [to, form] of [
    [leave, {}],
    [`${path}/${second.id}/role`, { role: 'member' }],
  ] as const) {
    const refused = await asSecond.post(to, form);
    expect([refused.status, await refused.text()]).toEqual([
      409,
      expect.stringContaining('The account would have no owner left'),
    ]);
  }
  expect((await service.call('/v1/account', { key: second.key })).status).toBe(200);
});
