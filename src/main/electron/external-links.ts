import type { Logger } from '#shared/ports.ts';
import type { OpenExternal } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ElectronApi } from './electron-api.ts';

/** Corvus's own sites: the hosted service, its dashboard and its documentation. Exact names, no subdomains. */
const ownHosts: ReadonlySet<string> = new Set(['corvusllm.com', 'www.corvusllm.com', 'base.corvusllm.com']);
const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
const longestUrl = 2048;
// Spaces, control characters and backslashes are read differently by different parsers; no link of ours has any.
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const trickyCharacter = /[\u0000-\u0020\u007f-\u00a0\\\u2028\u2029]/;

/** What the connected account and the sandbox have named, and the pages of the provider catalogue. */
export interface TrustedAddresses {
  /** Every page of these origins may be opened. */
  origins: readonly string[];
  /**
   * These links may be opened as they stand: orders' checkouts, which may be at any payment provider, and pages where
   * keys are made.
   */
  links: readonly string[];
}

/** The link as it may be opened, or null. https to a known place, or plain http to a known place on this machine. */
export function allowedLink(text: string, trusted: TrustedAddresses): string | null {
  if (text.length > longestUrl || trickyCharacter.test(text)) return null;
  const url = URL.parse(text);
  if (!url || url.username || url.password || !isWebAddress(url)) return null;
  const isOwn = url.protocol === 'https:' && url.port === '' && ownHosts.has(url.hostname);
  if (isOwn || trusted.origins.some((origin) => URL.parse(origin)?.origin === url.origin)) return url.href;
  return trusted.links.includes(text) ? url.href : null;
}

function isWebAddress(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.has(url.hostname));
}

export interface LinkOpenerOptions {
  shell: ElectronApi['shell'];
  logger: Logger;
  trusted: () => Promise<TrustedAddresses>;
}

/** The only way out of the app to a browser. */
export function linkOpener({ shell, logger, trusted }: LinkOpenerOptions): OpenExternal {
  return {
    async open(text) {
      const link = allowedLink(text, await trusted());
      if (link === null) {
        logger.warn('link.refused', { link: text.slice(0, 200) });
        throw new CorvusError(
          'bad_request',
          'Only pages of Corvus, of the connected account and of known providers are opened in the browser.',
        );
      }
      await shell.openExternal(link);
    },
  };
}
