import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';
import { logIn } from './open-dashboard.ts';
import { chat, type TestBackend } from './start-test-backend.ts';
import { join } from './shared-account.ts';

/** A caller whose right is going to end. */
export interface Rightful {
  service: TestBackend;
  /** A member's key that may manage, and what it is called. */
  key: string;
  keyId: string;
  memberId: string;
}

/** An admin of the service's account with a key. */
export async function startRightful(service: TestBackend): Promise<Rightful> {
  const { id: memberId, key } = await join(service, 'Mel', 'admin');
  const list = (await (await service.call('/v1/account/keys')).json()) as {
    data: { id: string; memberId: string | null }[];
  };
  const keyId = list.data.find((entry) => entry.memberId === memberId)?.id ?? '';
  return { service, key, keyId, memberId };
}

async function change(service: TestBackend, path: string, method: string, body?: object): Promise<void> {
  const reply = await service.call(path, { method, ...(body ? { body } : {}) });
  expect(reply.ok, `${method} ${path}`).toBe(true);
}

/** Every way in which a right ends. */
export const endings: Record<string, (who: Rightful) => Promise<void>> = {
  'is revoked': ({ service, keyId }) => change(service, `/v1/account/keys/${keyId}`, 'DELETE'),
  'is revoked by the operator': async ({ service, keyId }) => expect(await service.backend.revokeKey(keyId)).toBe(true),
  'is rotated': ({ service, keyId }) => change(service, `/v1/account/keys/${keyId}/rotate`, 'POST'),
  'gets an end in the past': ({ service, keyId }) =>
    change(service, `/v1/account/keys/${keyId}`, 'PATCH', {
      limits: { expiresAt: new Date(Date.now() - 1).toISOString() },
    }),
  'expires by itself': ({ service, keyId }) =>
    change(service, `/v1/account/keys/${keyId}`, 'PATCH', {
      limits: { expiresAt: new Date(Date.now() + 400).toISOString() },
    }),
  'loses its member': ({ service, memberId }) => change(service, `/v1/account/members/${memberId}`, 'DELETE'),
};

/** The same, for a right that becomes a smaller one. */
export const lowerRole = ({ service, memberId }: Rightful): Promise<void> =>
  change(service, `/v1/account/members/${memberId}`, 'PATCH', { role: 'member' });

/** Something under way with a key at an instance. */
interface UnderWay {
  /** Resolves once it has ended because the right has; fails where it goes on. */
  ended(): Promise<void>;
  /** Fails unless it comes to its usual end. */
  goesOn(): Promise<void>;
}

type Start = (baseUrl: string, who: Rightful) => Promise<UnderWay>;

const headersOf = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });

const chatPath = '/v1/chat/completions';

/** All that may be under way when a right ends. */
export const activities: Record<string, Start> = {
  'an open event stream': async (baseUrl, { key }) => {
    const reply = await fetch(`${baseUrl}/v1/account/events`, { headers: headersOf(key) });
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => void reader?.cancel().catch(() => undefined));
    await reader?.read();
    const ended = async () => {
      let text = '';
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += next.value;
      expect(text).toMatch(/^: .*key/m);
    };
    return { ended, goesOn: () => Promise.reject(new Error('an event stream has no usual end')) };
  },
  'an upload under way': async (baseUrl, { key }) => {
    const body = JSON.stringify(chat('#echo tokens 5'));
    const headers = { ...headersOf(key), 'content-length': Buffer.byteLength(body) };
    const request = httpRequest(`${baseUrl}${chatPath}`, { method: 'POST', headers, agent: false });
    request.on('error', () => undefined);
    // Where the key is looked up only after its right has ended, the refusal comes before the rest of the body is sent.
    const answered = once(request, 'response');
    answered.catch(() => undefined);
    request.write(body.slice(0, 20));
    // Known by its key before anything of the body is read.
    await once(request, 'socket');
    await new Promise<void>((resolve) => request.socket?.once('connect', resolve));
    await fetch(`${baseUrl}/healthz`);
    const finish = async () => {
      request.end(body.slice(20));
      const [response] = (await answered) as [{ statusCode: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    return {
      ended: async () => expect(await finish()).toBe(401),
      goesOn: async () => expect(await finish()).toBe(200),
    };
  },
  'a call that waits for its turn': async (baseUrl, { key }) => {
    const ask = (text: string) =>
      fetch(`${baseUrl}${chatPath}`, {
        method: 'POST',
        headers: headersOf(key),
        body: JSON.stringify(chat(text, { stream: true })),
      });
    // The tests' service lets a key make three calls at once.
    const running = await Promise.all([ask('#echo stall'), ask('#echo stall'), ask('#echo stall')]);
    const waiting = ask('#echo tokens 1');
    await fetch(`${baseUrl}/healthz`);
    const statusAfterwards = async () => {
      for (const reply of running) await reply.body?.cancel().catch(() => undefined);
      const reply = await waiting;
      await reply.text();
      return reply.status;
    };
    return {
      ended: async () => expect(await statusAfterwards()).toBe(401),
      goesOn: async () => expect(await statusAfterwards()).toBe(200),
    };
  },
  'a running stream': async (baseUrl, { key }) => {
    const body = JSON.stringify(chat('#echo tokens 4000\n#echo delay 10', { stream: true, max_tokens: 4000 }));
    const reply = await fetch(`${baseUrl}${chatPath}`, { method: 'POST', headers: headersOf(key), body });
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => void reader?.cancel().catch(() => undefined));
    let begun = '';
    while (begun.split('"content":" ').length < 4) begun += (await reader?.read())?.value ?? '';
    const ended = async () => {
      let text = '';
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += next.value;
      expect(text).toContain('"code":"invalid_api_key"');
      expect(text).not.toContain('"finish_reason":"stop"');
    };
    const goesOn = async () => {
      for (let more = 0; more < 20; more += 1) expect((await reader?.read())?.done).toBe(false);
    };
    return { ended, goesOn };
  },
  'a person at the dashboard': async (baseUrl, { key }) => {
    const viewer = await logIn({ baseUrl, customerKey: key });
    expect((await viewer.get('/dashboard')).status).toBe(200);
    const ended = async () => {
      await eventually(async () => {
        const reply = await viewer.get('/dashboard');
        expect([reply.status, reply.headers.get('location')]).toEqual([303, '/dashboard/login']);
      });
      expect((await viewer.post('/dashboard/keys', { label: 'x', scope: 'manage' })).headers.get('location')).toBe(
        '/dashboard/login?next=%2Fdashboard%2Fkeys&sent=1',
      );
    };
    return { ended, goesOn: async () => expect((await viewer.get('/dashboard')).status).toBe(200) };
  },
};
