import { endpoints } from '#backend/server/routes.ts';
import type { TestBackend } from '../../support/start-test-backend.ts';
import { goodCalls } from '../server/openapi/calls.ts';

export const adminToken = 'operator-token-of-the-test-0123456789';

/** One call of each route, with a caller who may make it. */
export interface RouteCall {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

const inference: readonly [path: string, body: object][] = [
  ['/v1/chat/completions', { model: 'corvus/echo', messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/responses', { model: 'corvus/echo', input: 'Hi' }],
  ['/v1/embeddings', { model: 'corvus/echo-embed', input: 'Hi' }],
  ['/anthropic/v1/messages', { model: 'corvus/echo', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }],
];

/** Cookies of a customer and of an operator, made before the fault. */
export async function logInEverywhere(service: TestBackend): Promise<{ customer: string; operator: string }> {
  const cookieOf = async (path: string, form: Record<string, string>): Promise<string> => {
    const reply = await fetch(service.baseUrl + path, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: service.baseUrl },
      redirect: 'manual',
    });
    return (reply.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  };
  return {
    customer: await cookieOf('/dashboard/login', { key: service.customerKey }),
    operator: await cookieOf('/admin/login', { token: adminToken, name: 'test' }),
  };
}

/** @param fill the value of a path parameter */
export function everyRoute(
  service: TestBackend,
  cookies: { customer: string; operator: string },
  fill: string,
): RouteCall[] {
  const keyed = { authorization: `Bearer ${service.customerKey}`, 'content-type': 'application/json' };
  const routes = endpoints.map(({ method, path, access }): RouteCall => {
    const name = `${method.toUpperCase()} ${path}`;
    const filled = path
      .replaceAll(/:\w+(\{[^}]*\})?/g, (found) => (found.includes('pdf') ? `${fill}.pdf` : fill))
      .replace('*', fill);
    const isPage = access === 'open' && /^\/(dashboard|admin)/.test(path);
    const cookie = path.startsWith('/admin') ? cookies.operator : cookies.customer;
    const asPage = { cookie, origin: service.baseUrl, 'content-type': 'application/x-www-form-urlencoded' };
    const headers =
      access === 'operator' ? { ...keyed, authorization: `Bearer ${adminToken}` } : isPage ? asPage : keyed;
    const documented = goodCalls[name.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')];
    const ids = { requestId: fill, keyToRotate: fill, keyToDelete: fill, memberToChange: fill, memberToDelete: fill };
    const good = documented?.(ids) ?? {};
    const body = method === 'get' || method === 'delete' ? null : JSON.stringify(good.body ?? {});
    return {
      name,
      method: method.toUpperCase(),
      path: good.path ?? filled,
      headers,
      body: isPage && body ? 'reason=because' : body,
    };
  });
  return [
    ...routes,
    ...inference.map(([path, body]) => ({
      name: `POST ${path}`,
      method: 'POST',
      path,
      headers: keyed,
      body: JSON.stringify(body),
    })),
  ];
}

/** Makes a call; of an endless reply only the beginning is awaited. */
export async function make(
  { baseUrl }: { baseUrl: string },
  { method, path, headers, body }: RouteCall,
): Promise<Response> {
  const ended = new AbortController();
  const reply = await fetch(baseUrl + path, { method, headers, body, redirect: 'manual', signal: ended.signal });
  if (reply.headers.get('content-type')?.startsWith('text/event-stream') === true) ended.abort();
  else await reply.clone().arrayBuffer();
  return reply;
}
