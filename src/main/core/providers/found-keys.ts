import { customKind, type FoundKey, type NewProvider } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { CorvusError } from '#shared/errors.ts';
import type { UserSpace } from '../ports.ts';
import { readShellVariables, type VariableSource } from '../shell-variables.ts';
import type { ProviderAdapter } from './adapter.ts';
import { isLoopbackHost, isOwnOrigin } from './base-url.ts';
import { knownProviders } from './known-providers.ts';
import { hintOf } from './provider-keys.ts';

/** A key in a variable, with its secret. */
interface Found {
  view: FoundKey;
  adapter: ProviderAdapter;
  secret: string;
}

export interface FoundKeysDeps {
  space: Pick<UserSpace, 'platform' | 'home' | 'environment' | 'read'>;
  /** Where this program listens: a tool that is connected has its address in such a variable, too. */
  ownOrigins(): readonly string[];
  takenIds(): readonly string[];
  /** Secrets that are in use already. */
  secrets(): Promise<readonly string[]>;
}

/** The keys of known providers that the person's environment holds and Corvus does not have, each once. */
export async function findKeys(deps: FoundKeysDeps): Promise<FoundKey[]> {
  return (await readKeys(deps)).map(({ view }) => view);
}

/** The provider that a found key belongs to. Throws `not_found` when the variable is no longer there. */
export async function providerOfFound(
  { variable, where }: Pick<FoundKey, 'variable' | 'where'>,
  deps: FoundKeysDeps,
): Promise<NewProvider> {
  const found = (await readKeys(deps)).find(({ view }) => view.variable === variable && view.where === where);
  if (!found) throw new CorvusError('not_found', `${variable} in ${where} no longer holds a key that is not in use.`);
  const { view, adapter, secret } = found;
  const id = freeProviderId(adapter.kind, deps.takenIds());
  if (view.baseUrl === null) return { id, kind: adapter.kind, baseUrl: null, custom: null, key: secret };
  // Another place speaks at least the format that every server of this kind speaks.
  const dialects =
    adapter.endpoints['openai-chat'] === undefined ? ['anthropic-messages' as const] : ['openai-chat' as const];
  const isLocal = isLoopbackHost(new URL(view.baseUrl).hostname);
  return { id, kind: customKind, baseUrl: view.baseUrl, custom: { dialects, isLocal }, key: secret };
}

async function readKeys({ space, ownOrigins, secrets }: FoundKeysDeps): Promise<Found[]> {
  const [sources, inUse] = await Promise.all([readShellVariables(space), secrets()]);
  const seen = new Set(inUse);
  return sources.flatMap((source) =>
    knownProviders.flatMap((adapter) => {
      const found = keyIn(source, adapter, ownOrigins());
      if (!found || seen.has(found.secret)) return [];
      seen.add(found.secret);
      return [found];
    }),
  );
}

function keyIn(
  { where, variables }: VariableSource,
  adapter: ProviderAdapter,
  ownOrigins: readonly string[],
): Found | null {
  const { environmentVariable: variable, kind, name, origin } = adapter;
  const secret = variable === null ? null : variables.get(variable)?.trim();
  // A provider whose address is each person's own cannot be added from its key alone.
  if (variable === null || !secret || origin === null || /^sk-(local|corvus)-/.test(secret)) return null;
  const address = addressBeside(variable, variables);
  if (address === 'unreadable' || (address !== null && isOwnOrigin(address, ownOrigins))) return null;
  const baseUrl = address === null || new URL(address).origin === origin ? null : address;
  return { view: { variable, where, kind, name, hint: hintOf(secret), baseUrl }, adapter, secret };
}

/** `OPENAI_BASE_URL` and the like: the key beside it belongs to that address, and goes to no other. */
function addressBeside(variable: string, variables: VariableSource['variables']): string | null {
  const names = ['_BASE_URL', '_API_BASE'].map((ending) => variable.replace(/_API_KEY$/, ending));
  const name = names.find((candidate) => variables.has(candidate));
  if (name === undefined) return null;
  const address = variables.get(name) ?? '';
  return URL.canParse(address) && /^https?:/.test(address) ? address : 'unreadable';
}
