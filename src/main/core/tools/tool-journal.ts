import { z } from 'zod';
import { toolIdSchema, type ToolId } from '#shared/domain/tool.ts';
import { localKeyIdSchema } from '#shared/ids.ts';
import type { SecretStore } from '../ports.ts';

const indexName = 'tools.index';

/** One file of a connected tool: what it was, and what it was made. */
const changeSchema = z.strictObject({
  path: z.string(),
  format: z.enum(['json', 'yaml', 'toml', 'env']),
  before: z.string().nullable(),
  /**
   * What was found when it was written: where the tool was connected already, what the connection before wrote, else
   * `before`.
   */
  found: z.string().nullable(),
  written: z.string(),
  /** Members that the tool writes again by itself. */
  rewritten: z.array(z.array(z.string())),
  /** Folders that did not exist before, the outermost first. */
  madeFolders: z.array(z.string()),
});

/**
 * Written before the first file changes and after the last, so that an interrupted job is finished at the next start.
 */
const entrySchema = z.strictObject({
  id: toolIdSchema,
  /** `writing`, `undoing`: the job was not finished. */
  state: z.enum(['writing', 'connected', 'undoing']),
  keyId: localKeyIdSchema,
  /** Of this key, for the next connection. */
  secret: z.string(),
  /** Of the connection before; revoked once this one is made. null: there was none, or it is the same. */
  replacedKeyId: localKeyIdSchema.nullable(),
  /** When this connection was made; what its key was used for before proves nothing about it. */
  connectedAtMs: z.int(),
  model: z.string(),
  gatewayUrl: z.string(),
  changes: z.array(changeSchema),
});
export type JournalEntry = z.infer<typeof entrySchema>;

/** What Corvus wrote into the files of tools. It is kept with the secrets, because those files contain keys. */
export interface ToolJournal {
  list(): Promise<JournalEntry[]>;
  read(id: ToolId): Promise<JournalEntry | null>;
  write(entry: JournalEntry): Promise<void>;
  remove(id: ToolId): Promise<void>;
}

export function createToolJournal(secrets: SecretStore): ToolJournal {
  const nameOf = (id: ToolId) => `tools.${id}`;

  async function index(): Promise<ToolId[]> {
    const stored = await secrets.read(indexName);
    return stored === null ? [] : z.array(toolIdSchema).parse(JSON.parse(stored));
  }

  async function read(id: ToolId): Promise<JournalEntry | null> {
    const stored = await secrets.read(nameOf(id));
    return stored === null ? null : entrySchema.parse(JSON.parse(stored));
  }

  return {
    read,
    async list() {
      const entries = await Promise.all((await index()).map(read));
      return entries.filter((entry) => entry !== null);
    },
    // The index names at least every entry: it is written first and shortened last.
    async write(entry) {
      const known = await index();
      if (!known.includes(entry.id)) await secrets.write(indexName, JSON.stringify([...known, entry.id]));
      await secrets.write(nameOf(entry.id), JSON.stringify(entry));
    },
    async remove(id) {
      await secrets.remove(nameOf(id));
      await secrets.write(indexName, JSON.stringify((await index()).filter((known) => known !== id)));
    },
  };
}
