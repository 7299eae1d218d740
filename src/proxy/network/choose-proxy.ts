import { isProxyUrl, type ProxyChoice, withoutLogin } from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';
import { isExempt } from './no-proxy.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy on the way to an address. */
export interface Proxy {
  /** Includes the login, so it is never shown. */
  url: URL;
  /** Without its login. */
  shown: string;
  /** Who named it: a variable, or the settings. */
  from: string;
}

/**
 * The proxy for an address; null where it is reached directly. Throws `proxy_unreachable` for a proxy whose address
 * cannot be read.
 */
export function chooseProxy(origin: string, choice: ProxyChoice, environment: Environment): Proxy | null {
  if (choice.use === 'none') return null;
  if (choice.use === 'proxy') return isExempt(new URL(origin), choice.noProxy) ? null : read(choice.url, 'Settings');
  const named = proxyVariable(origin, environment);
  if (named === null || isExempt(new URL(origin), readVariable('NO_PROXY', environment)?.value ?? '')) return null;
  return read(named.value, named.name);
}

interface Variable {
  name: string;
  value: string;
}

/** The variable that names the proxy for an origin; null where none does. */
function proxyVariable(origin: string, environment: Environment): Variable | null {
  return (
    readVariable(origin.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY', environment) ??
    readVariable('ALL_PROXY', environment)
  );
}

/** Lower case takes precedence, as in curl. An empty variable counts as absent. */
function readVariable(name: string, environment: Environment): Variable | null {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = environment[spelling]?.trim() ?? '';
    if (value !== '') return { name: spelling, value };
  }
  return null;
}

/** The variables about proxies that are set, without logins, for showing. */
export function proxyVariables(environment: Environment): Variable[] {
  return ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => {
    const variable = readVariable(name, environment);
    if (!variable) return [];
    return [name === 'NO_PROXY' ? variable : { ...variable, value: shownUrl(variable.value) }];
  });
}

function read(text: string, from: string): Proxy {
  const whole = withScheme(text);
  if (!isProxyUrl(whole)) {
    throw new CorvusError(
      'proxy_unreachable',
      `The proxy in ${from} is not an address that Corvus can use: write it as http://host:port, https://host:port or socks5://host:port.`,
    );
  }
  return { url: new URL(whole), shown: withoutLogin(whole), from };
}

function shownUrl(text: string): string {
  const whole = withScheme(text);
  return isProxyUrl(whole) ? withoutLogin(whole) : 'not an address of a proxy';
}

/** curl and others accept `host:port`. */
function withScheme(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}
