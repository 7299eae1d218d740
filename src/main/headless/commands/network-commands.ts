import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import { type NewProxy, isProxyUrl } from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { facts, readSecret } from '../output.ts';
import type { CommandLine } from '../program.ts';

interface ProxyOptions {
  except?: string;
  loginStdin?: boolean;
}

const proxyWords = 'environment, none, or an address such as http://proxy.example.com:3128';

export function addNetworkCommands({ program, context }: CommandLine): void {
  const network = program
    .command('network')
    .description('Manage the proxy and the certificate authorities for everything that Corvus calls');
  network
    .command('show', { isDefault: true })
    .description('Show what is set and what the environment says')
    .action(() => callAndPrint(context(), 'network.get', undefined, renderNetwork));
  withProxyOptions(network.command('set').description('Change proxy or certificate authorities'))
    .option('--proxy <proxy>', proxyWords)
    .option('--ca-file <path>', 'PEM file of certificate authorities to trust; "none" for no file')
    .action(async ({ proxy, caFile, ...options }: ProxyOptions & { proxy?: string; caFile?: string }) => {
      if (proxy === undefined) refuseProxyOptions(options);
      if (proxy === undefined && caFile === undefined)
        throw new CorvusError('bad_request', 'Give --proxy, --ca-file or both.');
      const change = {
        ...(proxy === undefined ? {} : { proxy: await readProxy(context(), proxy, options) }),
        // A relative path is one of the terminal, not of the running Corvus.
        ...(caFile === undefined ? {} : { caFile: caFile === 'none' ? null : resolve(caFile) }),
      };
      await callAndPrint(context(), 'network.set', change, renderNetwork);
    });
}

/** The same options where a proxy is set for one provider. */
export function withProxyOptions(command: Command): Command {
  return command
    .option('--except <names>', 'Names and networks that are reached without that proxy, as in NO_PROXY')
    .option('--login-stdin', 'Read the login of the proxy, user:password, from standard input');
}

const proxyLogin = { message: 'Login of the proxy, as user:password', what: 'login', option: '--login-stdin' };

/** They would be dropped without a word. Throws `bad_request`. */
function refuseProxyOptions({ except, loginStdin }: ProxyOptions): void {
  if (except === undefined && loginStdin === undefined) return;
  throw new CorvusError('bad_request', 'Give the address of the proxy that --except and --login-stdin belong to.');
}

/** What a person wrote about a proxy. Throws `bad_request`. */
export async function readProxy({ io }: CommandContext, proxy: string, options: ProxyOptions): Promise<NewProxy> {
  if (proxy === 'environment' || proxy === 'none') {
    refuseProxyOptions(options);
    return { use: proxy };
  }
  const noProxy = options.except ?? '';
  const url = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!isProxyUrl(url)) throw new CorvusError('bad_request', `"${proxy}" is not ${proxyWords}.`, { param: 'proxy' });
  if (!options.loginStdin) return { use: 'proxy', url, noProxy };
  const [user = '', ...password] = (await readSecret(io, proxyLogin, true)).split(':');
  const whole = new URL(url);
  whole.username = encodeURIComponent(user);
  whole.password = encodeURIComponent(password.join(':'));
  return { use: 'proxy', url: whole.href, noProxy };
}

function renderNetwork({ proxy, caFile, variables, authorities, problem }: Output<'network.get'>): string {
  const { file, fromEnvironment, fromSystem } = authorities;
  return facts([
    ['Proxy', proxyText(proxy)],
    ...(proxy.use === 'proxy' && proxy.noProxy !== '' ? [['Without it', proxy.noProxy] as const] : []),
    ...variables.map(({ name, value }) => [name, value] as const),
    ['CA file', caFile === null ? 'none' : `${caFile} (${file ?? 0} certificates)`],
    ['Also trusted', `${fromSystem} certificates of this machine, ${fromEnvironment} of NODE_EXTRA_CA_CERTS`],
    ...(problem === null ? [] : [['Problem', problem] as const]),
  ]);
}

function proxyText(proxy: Output<'network.get'>['proxy']): string {
  if (proxy.use === 'environment') return 'as the environment says';
  if (proxy.use === 'none') return 'none';
  return `${proxy.url}${proxy.hasLogin ? ', with a login' : ''}`;
}
