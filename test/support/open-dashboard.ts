import { startTestBackend, type TestBackend } from './start-test-backend.ts';

/** A person with a browser at the dashboard of a service. */
export interface Viewer {
  cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The page without its tags, figures without their thousands' commas. */
  text(path: string): Promise<string>;
  /** What a browser sends for a form of this service's own page. */
  post(path: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
}

/** Logs in with the service's first key, or with another. */
export async function logIn(
  service: Pick<TestBackend, 'baseUrl' | 'customerKey'>,
  key = service.customerKey,
): Promise<Viewer> {
  const { baseUrl } = service;
  const reply = await postTo(baseUrl, '/dashboard/login', { key });
  if (reply.status !== 303) throw new Error(`the login answered ${reply.status}`);
  const viewer: Viewer = {
    cookie: cookieOf(reply),
    get: (path, headers = {}) =>
      fetch(baseUrl + path, { headers: { cookie: viewer.cookie, ...headers }, redirect: 'manual' }),
    text: async (path) => plain(await (await viewer.get(path)).text()),
    post: (path, form = {}, headers = {}) => postTo(baseUrl, path, form, { cookie: viewer.cookie, ...headers }),
  };
  return viewer;
}

export function postTo(
  baseUrl: string,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(baseUrl + path, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { origin: baseUrl, ...headers },
    redirect: 'manual',
  });
}

export function cookieOf(reply: Response): string {
  return (reply.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

export function plain(page: string): string {
  return page
    .replaceAll(/<style>[^]*?<\/style>/g, '')
    .replaceAll(/<span class="fine"[^>]*>(\d*)<\/span>/g, '$1')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/(\d),(?=\d{3})/g, '$1')
    .replaceAll(/\s+/g, ' ');
}

/** A service whose clock can be put forward. */
export async function startClockedBackend(overrides: Parameters<typeof startTestBackend>[0] = {}) {
  const { systemClock } = await import('#backend/create-backend.ts');
  let offsetMs = 0;
  const service = await startTestBackend({
    clock: { ...systemClock, nowMs: () => Date.now() + offsetMs },
    ...overrides,
  });
  return {
    service,
    advance(ms: number): void {
      offsetMs += ms;
    },
  };
}
