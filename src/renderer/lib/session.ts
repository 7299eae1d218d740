import { logIn } from './http-transport.ts';

const tokenName = 'corvusllm.token';
const loginLink = /^#login=(.+)$/;

/**
 * The token of this browser. A link of the form `/#login=<code>` is redeemed first; the code is taken out of the
 * address before anything else happens, so that it stays in no history.
 */
export async function openSession(): Promise<string | null> {
  const code = takeLoginCode();
  if (code === null) return localStorage.getItem(tokenName);
  const token = await logIn(code, { origin: '', fetch: fetch.bind(globalThis) }).catch(() => null);
  // A used link is no reason to give up a session that still holds.
  if (token === null) return localStorage.getItem(tokenName);
  localStorage.setItem(tokenName, token);
  return token;
}

/**
 * A link that is opened where Corvus is open already changes only the part after the `#`: the page starts over with it.
 */
export function restartOnLoginLink(): void {
  addEventListener('hashchange', () => {
    if (loginLink.test(location.hash)) location.reload();
  });
}

function takeLoginCode(): string | null {
  const match = loginLink.exec(location.hash);
  if (!match?.[1]) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return decodeURIComponent(match[1]);
}
