import { z } from 'zod';
import { localKeyIdSchema } from '../ids.ts';
import { upstreamDialectSchema } from './dialect.ts';

export const toolIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
  .brand<'ToolId'>();
export type ToolId = z.infer<typeof toolIdSchema>;

/**
 * How a recipe was checked: with the tool itself, against its own documentation, or against what others write about it.
 */
export const toolProofSchema = z.strictObject({ by: z.enum(['tool', 'documentation', 'others']), what: z.string() });

/**
 * `in-place`: everything stands as it was written; `edited`: others changed the file, our settings are still in it;
 * `overwritten`: some of our settings are gone or different; `unreadable`: the file is no longer valid, or cannot be
 * read; `missing`: it is gone.
 */
export const toolFileStateSchema = z.enum(['in-place', 'edited', 'overwritten', 'unreadable', 'missing']);
export type ToolFileState = z.infer<typeof toolFileStateSchema>;

/** A variable that wins over a tool's settings. Its value stays unread. */
export const overrideSchema = z.strictObject({
  variable: z.string(),
  /** A file, or "this terminal", or "the environment of Corvus". */
  where: z.string(),
});
export type Override = z.infer<typeof overrideSchema>;

const toolSetupKindSchema = z.enum(['files', 'environment', 'guide', 'hosted-only']);

const toolConnectionSchema = z.strictObject({
  keyId: localKeyIdSchema,
  /** Its key was revoked, or has expired. */
  isKeyRefused: z.boolean(),
  model: z.string(),
  /** The address in the tool's settings. */
  gatewayUrl: z.string(),
  /** Corvus listens somewhere else now, so the tool does not reach it. */
  isElsewhere: z.boolean(),
  files: z.array(z.strictObject({ path: z.string(), state: toolFileStateSchema })),
  connectedAtMs: z.int(),
  /** When its key was last used since it was connected; null: not yet, so nothing proves that it works. */
  lastRequestAtMs: z.int().nullable(),
});

/** A tool that Corvus knows how to connect. */
export const toolSchema = z.strictObject({
  id: toolIdSchema,
  name: z.string(),
  dialect: upstreamDialectSchema,
  setup: toolSetupKindSchema,
  /** Where it was found on this machine; null: it was not. */
  foundAt: z.string().nullable(),
  /** null: not connected. */
  connection: toolConnectionSchema.nullable(),
  overrides: z.array(overrideSchema),
  /** What to do with a tool whose requests come from elsewhere. */
  steps: z.array(z.string()),
  notes: z.array(z.string()),
  whenStopped: z.string(),
  proof: toolProofSchema,
});
export type Tool = z.infer<typeof toolSchema>;

export const diffLineSchema = z.strictObject({ kind: z.enum(['same', 'added', 'removed', 'gap']), text: z.string() });
export type DiffLine = z.infer<typeof diffLineSchema>;

/** What connecting a tool would do. Keys are masked in it. */
export const toolPlanSchema = z.strictObject({
  id: toolIdSchema,
  model: z.string(),
  /** Models that it could use, the sensible ones first. */
  models: z.array(z.string()),
  files: z.array(
    z.strictObject({
      path: z.string(),
      isNew: z.boolean(),
      /** The file behind a symbolic link, which is the one that changes. */
      linksTo: z.string().nullable(),
      diff: z.array(diffLineSchema),
    }),
  ),
  overrides: z.array(overrideSchema),
  /** Names what was shown; a file that has changed since is not written. */
  seen: z.string(),
});
export type ToolPlan = z.infer<typeof toolPlanSchema>;

export const undoneFileSchema = z.strictObject({
  path: z.string(),
  /** `left`: it was gone already. */
  outcome: z.enum(['restored', 'merged', 'deleted', 'left']),
});
