import type { DialectFamily } from '../domain/dialect.ts';

/** A model as a list names it. `extra` members stand beside the dialect's own, for clients that read prices. */
export interface ModelEntry {
  id: string;
  name: string;
  ownedBy: string;
  extra?: Readonly<Record<string, unknown>>;
}

/** The catalogues have no creation dates; clients need the member, not its value. */
const createdSeconds = 1_700_000_000;
const createdAt = '2023-11-14T22:13:20Z';

export function modelBody(family: DialectFamily, { id, name, ownedBy, extra }: ModelEntry): object {
  if (family === 'anthropic') return { type: 'model', id, display_name: name, created_at: createdAt, ...extra };
  return { id, object: 'model', created: createdSeconds, owned_by: ownedBy, ...extra };
}

export function modelListBody(family: DialectFamily, entries: readonly ModelEntry[]): object {
  const data = entries.map((entry) => modelBody(family, entry));
  if (family === 'openai') return { object: 'list', data };
  return { data, has_more: false, first_id: entries[0]?.id ?? null, last_id: entries.at(-1)?.id ?? null };
}
