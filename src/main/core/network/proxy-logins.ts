import {
  isProxyUrl,
  type NewProxy,
  type ProxyChoice,
  type ProxySetting,
  withoutLogin,
} from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';
import type { SecretStore } from '../ports.ts';

/** Proxies as they were entered: the address is in the database, the login in the vault. */
export interface ProxyLogins {
  /** Splits what a person entered. A proxy without a login keeps the one that its address had. Throws `bad_request`. */
  keep(name: string, entered: NewProxy, before: ProxySetting): Promise<ProxySetting>;
  /** The whole choice, from memory after the first time. Throws `secret_unreadable`. */
  choice(name: string, setting: ProxySetting): Promise<ProxyChoice>;
  forget(name: string): Promise<void>;
}

export function createProxyLogins(secrets: SecretStore): ProxyLogins {
  const known = new Map<string, ProxyChoice>();

  async function forget(name: string): Promise<void> {
    known.delete(name);
    await secrets.remove(secretName(name));
  }

  return {
    forget,
    async keep(name, entered, before) {
      if (entered.use !== 'proxy') {
        await forget(name);
        return entered;
      }
      const { noProxy } = entered;
      const url = readUrl(entered.url);
      const shown = withoutLogin(url.href);
      const isSame = before.use === 'proxy' && before.url === shown && before.hasLogin;
      const hasLogin = url.username !== '' || url.password !== '';
      if (hasLogin) await secrets.write(secretName(name), url.href);
      else if (!isSame) await secrets.remove(secretName(name));
      known.delete(name);
      return { use: 'proxy', url: shown, noProxy, hasLogin: hasLogin || isSame };
    },
    async choice(name, setting) {
      if (setting.use !== 'proxy') return setting;
      const { url, noProxy, hasLogin } = setting;
      if (!hasLogin) return { use: 'proxy', url, noProxy };
      const loaded = known.get(name) ?? { use: 'proxy', url: (await secrets.read(secretName(name))) ?? url, noProxy };
      known.set(name, loaded);
      return loaded;
    },
  };
}

function readUrl(text: string): URL {
  const whole = text.includes('://') ? text : `http://${text}`;
  if (isProxyUrl(whole)) return new URL(whole);
  throw new CorvusError(
    'bad_request',
    'Enter the proxy as http://host:port, https://host:port or socks5://host:port.',
    { param: 'proxy' },
  );
}

function secretName(name: string): string {
  return `proxy.${name}`;
}
