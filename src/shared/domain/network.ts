import { z } from 'zod';

/** How an address is reached: as the environment says, without a proxy, or by one that was entered. */
export type ProxyChoice =
  | { use: 'environment' }
  | { use: 'none' }
  /** `url` may contain a login, so it is never shown or stored as it is. `noProxy` is written as in `NO_PROXY`. */
  | { use: 'proxy'; url: string; noProxy: string };

/** The same as it is stored and shown: the login of the proxy is in the vault. */
export const proxySettingSchema = z.discriminatedUnion('use', [
  z.strictObject({ use: z.literal('environment') }),
  z.strictObject({ use: z.literal('none') }),
  z.strictObject({ use: z.literal('proxy'), url: z.string(), noProxy: z.string(), hasLogin: z.boolean() }),
]);
export type ProxySetting = z.infer<typeof proxySettingSchema>;

const proxyProtocols = ['http:', 'https:', 'socks5:', 'socks5h:', 'socks4:', 'socks4a:', 'socks:'] as const;

/** A choice as a person enters it. */
export const newProxySchema = z.discriminatedUnion('use', [
  z.strictObject({ use: z.literal('environment') }),
  z.strictObject({ use: z.literal('none') }),
  z.strictObject({
    use: z.literal('proxy'),
    /** `http://host:port`, also with `user:password@`. Without a login, the stored one of the same address stays. */
    url: z.string().trim().min(1).max(2048),
    noProxy: z.string().trim().max(4096),
  }),
]);
export type NewProxy = z.infer<typeof newProxySchema>;

/** A proxy's address without its login. */
export function withoutLogin(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** A host without the brackets that an address of IPv6 has in a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** Whether a text is the address of a proxy. */
export function isProxyUrl(text: string): boolean {
  return (
    URL.canParse(text) &&
    proxyProtocols.some((protocol) => protocol === new URL(text).protocol) &&
    new URL(text).hostname !== ''
  );
}
