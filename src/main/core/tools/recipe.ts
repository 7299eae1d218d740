import { z } from 'zod';
import { upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { type ToolId, toolIdSchema, toolProofSchema } from '#shared/domain/tool.ts';
import { CorvusError } from '#shared/errors.ts';
import shipped from '../../../../resources/tool-recipes.json' with { type: 'json' };

/** A name in a document, or the item of a list that has these members. */
const pathStepSchema = z.union([z.string().min(1), z.strictObject({ item: z.record(z.string(), z.string()) })]);
export type MemberPath = readonly z.infer<typeof pathStepSchema>[];

const memberSchema = z.strictObject({
  path: z.array(pathStepSchema).min(1),
  /** Placeholders in its texts are filled in. */
  value: z.json(),
  /** Written only where the file does not have it yet, because the tool needs it. */
  isDefault: z.literal(true).exactOptional(),
  /** The tool writes it again by itself, so another value is no change of others. Its path has names only. */
  isRewritten: z.literal(true).exactOptional(),
});

/**
 * A path of each platform; one text where all platforms share it. `~` is the home folder; `%APPDATA%` is expanded on
 * Windows.
 */
const placeSchema = z.union([
  z.string(),
  z.strictObject({ linux: z.string(), macos: z.string(), windows: z.string() }),
]);

const fileSchema = z.strictObject({
  path: placeSchema,
  /** Taken instead, in this order, when it exists and `path` does not. */
  alternatives: z.array(placeSchema).exactOptional(),
  /** The environment variable that moves the folder, and the folder that it replaces. */
  moved: z.strictObject({ variable: z.string(), folder: z.string() }).exactOptional(),
  format: z.enum(['json', 'yaml', 'toml', 'env']),
  members: z.array(memberSchema).min(1),
});

const setupSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files'), files: z.array(fileSchema).min(1) }),
  /** Its settings are made in its environment, so `corvusllm run` starts it. */
  z.strictObject({ kind: z.literal('environment') }),
  /** Its settings are made in the tool, by hand. */
  z.strictObject({ kind: z.literal('guide'), steps: z.array(z.string()).min(1) }),
  /** Its requests come from its maker's servers, which cannot reach this machine. */
  z.strictObject({ kind: z.literal('hosted-only'), steps: z.array(z.string()).min(1) }),
]);

const recipeSchema = z.strictObject({
  id: toolIdSchema,
  name: z.string(),
  dialect: upstreamDialectSchema,
  /** How it is found: commands on the PATH, files and folders, extensions of VS Code and its relatives. */
  found: z.strictObject({
    commands: z.array(z.string()).default([]),
    paths: z.array(placeSchema).default([]),
    extensions: z.array(z.string()).default([]),
  }),
  setup: setupSchema,
  /** What `corvusllm run` sets. Empty: the tool reads none. */
  environment: z.record(z.string(), z.string()).default({}),
  /** Parameters that `corvusllm run` puts behind the tool's command. */
  parameters: z.array(z.string()).default([]),
  /** Variables that win over the settings, or contradict them. */
  overriding: z.array(z.string()).default([]),
  /** What its user sees when Corvus does not run. */
  whenStopped: z.string(),
  notes: z.array(z.string()).default([]),
  proof: toolProofSchema,
  sources: z.array(z.string()).min(1),
});
export type Recipe = z.infer<typeof recipeSchema>;
export type RecipeFile = z.infer<typeof fileSchema>;
export type Place = z.infer<typeof placeSchema>;

export interface Member {
  path: MemberPath;
  value: z.infer<typeof memberSchema>['value'];
  isDefault?: true;
  isRewritten?: true;
}

let known: readonly Recipe[] | null = null;

/** What Corvus knows of each tool, in the order in which tools are listed. Read at the first use: a start needs none. */
export function recipes(): readonly Recipe[] {
  return (known ??= z.array(recipeSchema).parse(shipped.tools));
}

/** Throws `not_found`. */
export function recipeOf(id: ToolId): Recipe {
  const recipe = recipes().find((one) => one.id === id);
  if (!recipe)
    throw new CorvusError('not_found', `There is no tool "${id}". \`corvusllm tools ls --all\` lists the known ones.`);
  return recipe;
}
