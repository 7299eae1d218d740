import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Network } from '#proxy/network/create-network.ts';
import { proxyVariables } from '#proxy/network/choose-proxy.ts';
import { readAuthorities } from '#proxy/network/trusted-authorities.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { NetworkView } from '#shared/contract/network.ts';
import { proxySettingSchema } from '#shared/domain/network.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { createProxyLogins, type ProxyLogins } from './proxy-logins.ts';

const settingName = 'app.network';
/** Not a provider id: the logins of providers are stored in the same place. */
const loginName = settingName;

const storedSchema = z.strictObject({ proxy: proxySettingSchema, caFile: z.string().nullable() });
type Stored = z.infer<typeof storedSchema>;

const usual: Stored = { proxy: { use: 'environment' }, caFile: null };

export interface NetworkServiceDeps {
  ports: Pick<Ports, 'userSpace' | 'secrets'>;
  store: Pick<Store, 'settings'>;
  network: Pick<Network, 'use' | 'trust'>;
  emit: Emit;
}

export interface NetworkService {
  handlers: Pick<Handlers, 'network.get' | 'network.set'>;
  logins: ProxyLogins;
  /** Applies the stored setting. */
  start(): Promise<void>;
}

/** The proxy and the certificate authorities for everything that Corvus calls. */
export function createNetworkService({ ports, store, network, emit }: NetworkServiceDeps): NetworkService {
  const logins = createProxyLogins(ports.secrets);
  let stored = usual;
  let loginProblem: string | null = null;

  function view(): NetworkView {
    const { file, fromEnvironment, fromSystem } = network.trust();
    return {
      ...stored,
      variables: proxyVariables(ports.userSpace.environment),
      authorities: { file: file?.certificates ?? null, fromEnvironment, fromSystem },
      problem: loginProblem ?? file?.problem ?? null,
    };
  }

  async function apply(): Promise<void> {
    const { proxy, caFile } = stored;
    try {
      network.use({ proxy: await logins.choice(loginName, proxy), caFile });
      loginProblem = null;
    } catch (error) {
      // Without its login, the proxy refuses with its own message; requests never bypass it.
      const withoutLogin = proxy.use === 'proxy' ? { use: proxy.use, url: proxy.url, noProxy: proxy.noProxy } : proxy;
      network.use({ proxy: withoutLogin, caFile });
      loginProblem = toCorvusError(error).message;
    }
  }

  return {
    logins,
    handlers: {
      'network.get': async () => view(),
      async 'network.set'({ proxy, caFile = stored.caFile }) {
        if (caFile !== null && caFile !== stored.caFile) checkFile(caFile);
        const kept = proxy ? await logins.keep(loginName, proxy, stored.proxy) : stored.proxy;
        stored = { proxy: kept, caFile };
        await store.settings.write(settingName, JSON.stringify(stored));
        await apply();
        emit('network.changed', view());
        return view();
      },
    },
    async start() {
      const text = await store.settings.read(settingName);
      if (text === null) return;
      stored = storedSchema.parse(JSON.parse(text));
      await apply();
    },
  };
}

/** Throws `bad_request` for a file that has no certificates. */
function checkFile(path: string): void {
  if (!isAbsolute(path))
    throw new CorvusError('bad_request', 'Enter the whole path of the file, from the root.', { param: 'caFile' });
  readAuthorities(path);
}
