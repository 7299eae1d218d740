import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { customKind, type KnownProvider, type NewProvider, newProviderSchema } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { providerIdSchema } from '#shared/ids.ts';

/** What is typed into the form. */
export interface Draft {
  id: string;
  baseUrl: string;
  dialects: readonly UpstreamDialect[];
  isLocal: boolean;
  key: string;
}

/** `known` is null for a place that the catalogue does not know. */
export function emptyDraft(known: KnownProvider | null, takenIds: readonly string[]): Draft {
  const baseUrl = known?.isLocal ? (known.baseUrl ?? '') : '';
  return {
    id: known ? freeProviderId(known.kind, takenIds) : '',
    baseUrl,
    dialects: ['openai-chat'],
    isLocal: false,
    key: '',
  };
}

/** Whether the person must, or may well, say where it is. */
export function asksForAddress(known: KnownProvider | null): boolean {
  return known === null || known.baseUrl === null || known.isLocal;
}

export interface Problems {
  id: string | null;
  baseUrl: string | null;
  dialects: string | null;
  key: string | null;
}

export function problemsOf(draft: Draft, known: KnownProvider | null): Problems {
  const mustHaveKey = known !== null && known.keyUrl !== null;
  return {
    id: providerIdSchema.safeParse(draft.id.trim()).success
      ? null
      : 'Use lower-case letters, digits and dashes, 40 at most.',
    baseUrl:
      !asksForAddress(known) || isAddress(draft.baseUrl)
        ? null
        : 'Enter an address that begins with https:// or http://.',
    dialects: known !== null || draft.dialects.length > 0 ? null : 'Choose at least one.',
    key: mustHaveKey && draft.key.trim() === '' ? 'Enter the key.' : null,
  };
}

/** null while something is missing. */
export function newProviderOf(draft: Draft, known: KnownProvider | null): NewProvider | null {
  if (Object.values(problemsOf(draft, known)).some((problem) => problem !== null)) return null;
  const parsed = newProviderSchema.safeParse({
    id: draft.id.trim(),
    kind: known?.kind ?? customKind,
    baseUrl: asksForAddress(known) ? draft.baseUrl.trim() : null,
    custom: known ? null : { dialects: draft.dialects, isLocal: draft.isLocal },
    key: draft.key.trim() === '' ? null : draft.key,
  });
  return parsed.success ? parsed.data : null;
}

function isAddress(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol);
}
