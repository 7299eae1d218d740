import type { DialectFamily } from '../domain/dialect.ts';

/** A model as a list names it. `extra` members stand beside the dialect's own, for clients that read prices. */
export interface ModelEntry {
  id: string;
  name: string;
  ownedBy: string;
  /** null here and below: not known. */
  contextTokens: number | null;
  maxOutputTokens: number | null;
  extra?: Readonly<Record<string, unknown>>;
}

/** The catalogues have no creation dates; clients need the member, not its value. */
const createdSeconds = 1_700_000_000;
const createdAt = '2023-11-14T22:13:20Z';

/** Gemini lists what a model can be asked for; of others only this is known. */
const geminiMethods = ['generateContent', 'streamGenerateContent', 'countTokens'];

export function modelBody(family: DialectFamily, entry: ModelEntry): object {
  const { id, name, ownedBy, extra } = entry;
  if (family === 'anthropic') return { type: 'model', id, display_name: name, created_at: createdAt, ...extra };
  if (family === 'gemini') return geminiModel(entry);
  if (family === 'ollama') return ollamaModel(id);
  return { id, object: 'model', created: createdSeconds, owned_by: ownedBy, ...extra };
}

export function modelListBody(family: DialectFamily, entries: readonly ModelEntry[]): object {
  const data = entries.map((entry) => modelBody(family, entry));
  if (family === 'gemini' || family === 'ollama') return { models: data };
  if (family === 'openai') return { object: 'list', data };
  return { data, has_more: false, first_id: entries[0]?.id ?? null, last_id: entries.at(-1)?.id ?? null };
}

function geminiModel({ id, name, contextTokens, maxOutputTokens, extra }: ModelEntry): object {
  return {
    name: `models/${id}`,
    displayName: name,
    ...(contextTokens === null ? {} : { inputTokenLimit: contextTokens }),
    ...(maxOutputTokens === null ? {} : { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: geminiMethods,
    ...extra,
  };
}

/** A model that is not stored here has no size and no weights to describe. */
function ollamaModel(id: string): object {
  const details = {
    parent_model: '',
    format: '',
    family: '',
    families: [],
    parameter_size: '',
    quantization_level: '',
  };
  return { name: id, model: id, modified_at: createdAt, size: 0, digest: '', details };
}
