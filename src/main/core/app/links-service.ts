import { randomUUID } from 'node:crypto';
import { defaultAccountBaseUrl } from '#shared/contract/account.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { PendingLink } from '#shared/contract/links.ts';
import { type ImportLink, parseImportLink } from '#shared/domain/import-link.ts';
import { customKind, type NewProvider } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Emit } from '../emit.ts';
import { hintOf } from '../providers/provider-keys.ts';
import { recipeOf } from '../tools/recipe.ts';

type CallsMade =
  | 'account.get'
  | 'account.connect'
  | 'providers.add'
  | 'providers.catalogue'
  | 'providers.list'
  | 'providers.test';

export interface LinksServiceDeps {
  handlers: Pick<Handlers, CallsMade>;
  emit: Emit;
}

export type LinksCalls = Extract<keyof Handlers, `links.${string}`>;

/** What a link would set, and its effect when accepted. The key in it is not sent to the page. */
interface Pending {
  view: PendingLink;
  apply(): Promise<string>;
}

/** Holds one link until the person has seen what it sets and says yes. */
export function createLinksService({ handlers, emit }: LinksServiceDeps): Pick<Handlers, LinksCalls> {
  let pending: Pending | null = null;

  function hold(next: Pending | null): void {
    pending = next;
    emit('links.changed', { id: pending?.view.id ?? null });
  }

  function shown(id: string): Pending {
    if (pending?.view.id === id) return pending;
    throw new CorvusError('conflict', 'Another link was opened since, or this one was dismissed. Look at it again.');
  }

  return {
    async 'links.open'({ link }) {
      const parsed = parseImportLink(link);
      if (!parsed)
        throw new CorvusError('bad_request', 'This is no link that Corvus understands. Nothing was changed.');
      const next = await prepare(parsed, handlers);
      hold(next);
      return next.view;
    },
    'links.pending': async () => pending?.view ?? null,
    async 'links.accept'({ id }) {
      const done = await shown(id).apply();
      hold(null);
      return { done };
    },
    async 'links.dismiss'({ id }) {
      shown(id);
      hold(null);
      return { id };
    },
  };
}

async function prepare(link: ImportLink, handlers: LinksServiceDeps['handlers']): Promise<Pending> {
  switch (link.does) {
    case 'connect':
      return prepareAccount(link.brings.key, handlers);
    case 'provider':
      return prepareProvider(link.brings, handlers);
    case 'tool': {
      const { id, name } = recipeOf(link.brings.id);
      const view = { kind: 'tool' as const, title: `Connect ${name}`, facts: [], warnings: [], toolId: id };
      return {
        view: { ...view, id: randomUUID() },
        apply: async () => `Connect ${name} with \`corvusllm tools connect ${id}\`.`,
      };
    }
  }
}

async function prepareAccount(customerKey: string, handlers: LinksServiceDeps['handlers']): Promise<Pending> {
  const current = await handlers['account.get'](undefined);
  const replaced =
    current.mode === 'hosted'
      ? [`It replaces the account that is connected now, with the key ${current.keyHint}.`]
      : [];
  const facts = [
    { name: 'Key', value: hintOf(customerKey) },
    { name: 'Service', value: defaultAccountBaseUrl },
  ];
  return {
    view: {
      id: randomUUID(),
      kind: 'account',
      title: 'Connect a CorvusLLM account',
      facts,
      warnings: replaced,
      toolId: null,
    },
    async apply() {
      await handlers['account.connect']({ baseUrl: defaultAccountBaseUrl, customerKey });
      return 'The account is connected.';
    },
  };
}

type BroughtProvider = Extract<ImportLink, { does: 'provider' }>['brings'];

/** Always a new provider: one that exists keeps its address and its keys. */
async function prepareProvider(brings: BroughtProvider, handlers: LinksServiceDeps['handlers']): Promise<Pending> {
  const { kind, name, dialect: dialects, key = null } = brings;
  const baseUrl = brings['base-url'] ?? null;
  const known = (await handlers['providers.catalogue'](undefined)).find((candidate) => candidate.kind === kind) ?? null;
  refuseAddress(kind, known, baseUrl);
  const custom = known || dialects === undefined ? null : { dialects, isLocal: false };
  if (!known && custom === null)
    throw new CorvusError('bad_request', 'The link names no dialect for its address. Nothing was changed.');
  const takenIds = (await handlers['providers.list'](undefined)).map(({ id }) => id);
  const provider: NewProvider = { id: freeProviderId(name ?? kind, takenIds), kind, baseUrl, custom, key };
  return {
    view: {
      id: randomUUID(),
      kind: 'provider',
      title: `Add the provider ${provider.id}`,
      facts: [
        { name: 'Kind', value: known?.name ?? 'Custom endpoint' },
        { name: 'Address', value: baseUrl ?? known?.baseUrl ?? '' },
        ...(custom ? [{ name: 'Formats', value: custom.dialects.join(', ') }] : []),
        { name: 'Key', value: key === null ? 'none; you enter one afterwards' : hintOf(key) },
      ],
      warnings:
        baseUrl === null
          ? []
          : [`Requests that are routed there, with all that is in them, go to ${new URL(baseUrl).host}.`],
      toolId: null,
    },
    async apply() {
      const { id } = await handlers['providers.add'](provider);
      const { lastTest } = await handlers['providers.test']({ id });
      return `${id} was added. ${lastTest?.message ?? ''}`.trim();
    },
  };
}

/** The address of a known provider is fixed: a link may set the address only for the person's own servers. */
function refuseAddress(
  kind: string,
  known: { baseUrl: string | null; isLocal: boolean; name: string } | null,
  baseUrl: string | null,
): void {
  if (!known && kind !== customKind)
    throw new CorvusError('bad_request', `The link names "${kind}", which is no kind of provider.`);
  const hasOwnAddress = known === null || known.baseUrl === null || known.isLocal;
  if (!hasOwnAddress && baseUrl !== null)
    throw new CorvusError('bad_request', `A link cannot give ${known.name} another address. Nothing was changed.`);
  if (baseUrl === null && (known === null || known.baseUrl === null))
    throw new CorvusError('bad_request', 'The link names no address.');
}
