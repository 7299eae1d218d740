import { upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { customKind } from '#shared/domain/provider.ts';
import type { CommandContext } from './call-and-print.ts';
import { connect, type Connection } from './connection.ts';
import { printResult, readSecret } from './output.ts';
import { renderProviders } from './render.ts';

export interface NewProviderOptions {
  id?: string;
  kind: string;
  dialect?: string[];
  baseUrl?: string;
  keyStdin?: boolean;
  local?: boolean;
  test: boolean;
}

/**
 * Adds a provider, and tests it unless told not to. A test that fails is shown; the provider was added all the same.
 */
export async function addProvider({ home, isJson, io }: CommandContext, options: NewProviderOptions): Promise<void> {
  const connection = await connect(home);
  try {
    const wantsKey = options.keyStdin === true || (io.prompts !== null && (await needsKey(connection, options)));
    const key = wantsKey ? await readSecret(io, 'API key', options.keyStdin === true) : null;
    const added = await connection.call('providers.add', newProvider(options, key));
    const provider = options.test ? await connection.call('providers.test', { id: added.id }) : added;
    await printResult(io, isJson, provider, () => renderProviders([provider]));
  } finally {
    await connection.close();
  }
}

async function needsKey(connection: Connection, { kind, local }: NewProviderOptions): Promise<boolean> {
  if (kind === customKind) return local !== true;
  const known = (await connection.call('providers.catalogue', undefined)).find((entry) => entry.kind === kind);
  return known !== undefined && known.keyUrl !== null;
}
function newProvider({ id, kind, dialect, baseUrl, local }: NewProviderOptions, key: string | null) {
  const custom =
    kind === customKind && dialect
      ? { dialects: upstreamDialectSchema.array().parse(dialect), isLocal: local ?? false }
      : null;
  return { id: id ?? kind, kind, baseUrl: baseUrl ?? null, custom, key };
}
